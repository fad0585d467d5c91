//! `new`: a commented scenario to start from.

use super::{App, Exit};
use crate::args::New;
use crate::files::write_whole;
use protocols::Entry;

/// Writes a scenario, to a file that is not there yet or to the terminal.
pub fn run(app: &App, args: &New) -> Exit {
    let known: Vec<&str> = app.catalogue.iter().map(|entry| entry.name()).collect();
    let wanted = args.protocol.as_deref().or(known.first().copied()).unwrap_or_default();
    let Some(entry) = app.catalogue.get(wanted) else {
        let known = known.join(", ");
        return app.complain(&format!("there is no protocol `{wanted}`; there are {known}"));
    };
    let text = scenario(entry);
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

/// A scenario that makes sense for any protocol: it plants bugs where there are any, and has clients where there
/// is something to ask.
fn scenario(entry: &dyn Entry) -> String {
    let has_clients = !entry.loads().is_empty();
    let parts = [
        (HEAD, true),
        (BUGS, !entry.bugs().is_empty()),
        (NETWORK, true),
        (CLIENTS, has_clients),
        (FAULTS, true),
        (EXPECT, has_clients),
    ];
    let text: String = parts.iter().filter(|(_, wanted)| *wanted).map(|(part, _)| *part).collect();
    let (least, most) = (*entry.sizes().start(), *entry.sizes().end());
    let load = entry.loads().first().copied().unwrap_or_default();
    // Words of any length keep the remarks behind them where they are.
    text.replace("NAME", &format!("{:<24}", format!("{:?}", entry.name())))
        .replace("LOAD", &format!("{:<27}", format!("{load:?}")))
        .replace("SIZE", &format!("{:<24}", 5.clamp(least, most)))
        .replace("SECTION", &format!("{:<35}", format!("[{}]", entry.name())))
        .replace("PROTOCOL", entry.name())
}

const HEAD: &str = r#"# A scenario: what runs, what goes wrong, and what must come of it.
# `splitbrain schema > scenario.schema.json` lets an editor complete it.
#:schema ./scenario.schema.json

title    = "A node dies, and the network falls apart"
protocol = NAME # `splitbrain list protocols`
nodes    = SIZE # or { tolerate = 1 }, or { any = [3, 5, 7] }
duration = "20s"                    # faults strike in here; then everything heals
seeds    = 100                      # each seed is another run of the same story
"#;

const BUGS: &str = r#"
SECTION # `splitbrain explain PROTOCOL` tells what can be tuned
bugs = []                           # mistakes to plant: `splitbrain list bugs`
"#;

const NETWORK: &str = r#"
[network]
delay = { median = "2ms", p99 = "20ms" }   # or "5ms", or "1ms..10ms"
loss  = "1%"
"#;

const CLIENTS: &str = r#"
[clients]
count = 4
load  = LOAD # `splitbrain list workloads`
think = "5ms..15ms"
"#;

const FAULTS: &str = r#"
[[faults]]                          # `splitbrain list faults`
at    = "4s..6s"                    # drawn by each seed
crash = "random"                    # or n1, leader, a-follower: `splitbrain list targets`
for   = "3s"                        # then it boots from its disk

[[faults]]
at  = "10s"
cut = "minority | rest"             # no message passes between the two sides
for = "2s"

# [nemesis]                         # random faults on top
# kinds = "promised"                # every kind that the protocol promises to survive
"#;

const EXPECT: &str = r#"
[expect.all]                        # of all seeds together: `splitbrain list measures`
latency.p50 = "< 1s"

# [expect.each]                     # of every seed
# elections = ">= 2"
"#;
