//! `new`: a commented scenario to start from.

use super::{App, Exit};
use crate::args::New;
use crate::files::write_whole;

/// Writes a scenario, to a file that is not there yet or to the terminal.
pub fn run(app: &App, args: &New) -> Exit {
    let Some(entry) = app.catalogue.get(&args.protocol) else {
        let known: Vec<&str> = app.catalogue.iter().map(|entry| entry.name()).collect();
        return app.complain(&format!(
            "there is no protocol `{}`; there are {}",
            args.protocol,
            known.join(", ")
        ));
    };
    let loads = entry.loads();
    let text = TEMPLATE
        .replace("PROTOCOL", entry.name())
        .replace("LOAD", loads.first().copied().unwrap_or("kv"));
    let Some(file) = &args.file else {
        app.say(&text);
        return Exit::Held;
    };
    if file.exists() {
        return app.complain(&format!("{} is there already", file.display()));
    }
    match write_whole(file, text.as_bytes()) {
        Ok(()) => {
            let path = file.display();
            app.say(&format!("wrote {path}\nrun it   splitbrain run {path}"));
            Exit::Held
        }
        Err(why) => app.complain(&why),
    }
}

const TEMPLATE: &str = r#"# A scenario: what runs, what goes wrong, and what must come of it.
# `splitbrain schema > scenario.schema.json` lets an editor complete it.
#:schema ./scenario.schema.json

title    = "The leader dies and its successor takes over"
protocol = "PROTOCOL"               # `splitbrain list protocols`
nodes    = 5                        # or { tolerate = 1 }, or { any = [3, 5, 7] }
duration = "20s"                    # faults strike in here; then everything heals
seeds    = 100                      # each seed is another run of the same story

[PROTOCOL]                          # `splitbrain explain PROTOCOL` tells what can be tuned
bugs = []                           # mistakes to plant: `splitbrain list bugs`

[network]
delay = { median = "2ms", p99 = "20ms" }   # or "5ms", or "1ms..10ms"
loss  = "1%"

[clients]
count = 4
load  = "LOAD"                      # `splitbrain list workloads`
think = "5ms..15ms"

[[faults]]                          # `splitbrain list faults`
at    = "4s..6s"                    # drawn by each seed
crash = "leader"                    # or n1, a-follower, random: `splitbrain list targets`
for   = "3s"                        # then it boots from its disk

[[faults]]
at  = "10s"
cut = "leader a-follower | rest"    # no message passes between the two sides
for = "2s"

# [nemesis]                         # random faults on top
# kinds = "promised"                # every kind that the protocol promises to survive

[expect.each]                       # of every seed; `splitbrain list measures`
elections = ">= 2"

[expect.all]                        # of all seeds together
failover.p99 = "< 5s"
"#;
