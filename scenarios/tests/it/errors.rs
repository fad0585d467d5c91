//! What is said of files that are wrong. The snapshots are read as a person would read them.

use crate::reads::{DEPOSED, SOAK};
use crate::words::Catalogue;
use scenarios::format::{Problems, read};

pub fn bad(text: &[u8]) -> Problems {
    read(text, "bad.toml", &Catalogue).expect_err("something is wrong with it")
}

const HEAD: &str = "title = \"T\"\nprotocol = \"raft\"\nnodes = 5\nduration = \"20s\"\n";

/// The problems of a file that begins well.
fn after_head(rest: &str) -> String {
    bad(format!("{HEAD}{rest}").as_bytes()).render(false)
}

/// The problems of one fault after another, as `[[faults]]` tables.
fn of_faults(faults: &[&str]) -> String {
    after_head(&faults.iter().map(|fault| format!("[[faults]]\n{fault}\n")).collect::<String>())
}

#[test]
fn keys() {
    insta::assert_snapshot!(after_head(
        "sedes = 5\nzzz = 1\n[raft]\nheart-beat = \"50ms\"\nelection-timeout = 5\n\
         bugs = [\"vote-not-persited\"]\n[clients]\nload = \"kv\"\nkees = 3\nnodes = 3\n\
         [nemesis]\nkinds = [\"crsh\"]\nduration = \"5s\"\n[pbft]\n[variants.a]\n"
    ));
}

#[test]
fn an_unknown_protocol_is_one_problem() {
    let text = HEAD.replace("raft", "rafft")
        + "[rafft]\n[[faults]]\nat = \"1s\"\npause = \"leader\"\n\
        on = { event = \"leads\" }\n[clients]\nload = \"kv\"\nkeys = 3\n[nemesis]\n";
    let problems = bad(text.as_bytes()).problems;
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(messages, ["unknown protocol `rafft`", "unknown key `rafft`"]);
}

#[test]
fn values() {
    insta::assert_snapshot!(bad(br#"
title = 5
protocol = "rafft"
nodes = "many"
duration = "20 seconds"
seeds = 0
settle = 5
[network]
delay = "10ms..1ms"
loss = 3
topology = "two-continents"
[costs]
message = true
"#));
}

#[test]
fn counts() {
    let count = |nodes: &str| {
        let text = HEAD.replace("nodes = 5", &format!("nodes = {nodes}"));
        bad(text.as_bytes()).render(false)
    };
    let shown = ["0", "-3", "2000", "3_000_000", "{ any = [] }", "{ tolerat = 1 }", "2.5"];
    insta::assert_snapshot!(shown.map(count).join("\n"));
}

#[test]
fn targets() {
    insta::assert_snapshot!(of_faults(&[
        "at = \"1s\"\ncut = \"n1 n99 | rest\"",
        "at = \"1s\"\npause = \"leeder\"",
        "at = \"1s\"\npause = \"primary n0\"",
        "at = \"1s\"\ncut = \"leader\"",
        "at = \"1s\"\ncut = \"leader > n1 > n2\"",
        "at = \"1s\"\ncut = \"leader | \"",
        "at = \"1s\"\ncrash = \"leader | rest\"",
        "at = \"1s\"\npause = \"rest\"",
        "at = \"1s\"\npause = \"c9\"",
        "at = \"1s\"\npause = \"victim\"",
        "at = \"1s\"\ncrash = \"leader\"\nas = \"victim\"",
        "at = \"1s\"\nfull-disk = \"clients\"",
        "at = \"1s\"\npause = \"lea\\u0064er n7\"",
        "at = \"1s\"\npause = ' '",
        "at = \"1s\"\ncut = \"rest | n1 | rest\"",
    ]));
}

#[test]
fn times_of_faults() {
    insta::assert_snapshot!(of_faults(&[
        "at = \"25s\"\ncrash = \"leader\"",
        "crash = \"leader\"",
        "at = \"1s\"\nfor = \"5\"\ncrash = \"leader\"",
        "at = \"1s\"\nfor = \"5s\"\nrestart = \"n1\"",
        "at = \"1s\"\nfor = \"0s\"\npause = \"n1\"",
        "at = \"1s\"\nuntil = \"5s\"\npause = \"n1\"",
        "at = \"6s\"\nevery = \"1s\"\nuntil = \"5s\"\npause = \"n1\"",
        "at = \"1s\"\nevery = \"1s\"\nuntil = \"50s\"\npause = \"n1\"",
        "at = \"1s\"\nevery = \"0s..1s\"\npause = \"n1\"",
        "at = \"1s\"\nevery = \"1us\"\npause = \"n1\"",
        "on = { event = \"leeds\" }\npause = \"n1\"",
        "on = { event = \"leads\", nth = 0, after = \"1s\", before = true }\npause = \"n1\"",
        "on = { evnt = \"leads\" }\npause = \"n1\"",
    ]));
}

#[test]
fn verbs() {
    insta::assert_snapshot!(of_faults(&[
        "at = \"1s\"",
        "at = \"1s\"\ncrush = \"leader\"",
        "at = \"1s\"\ncrash = \"leader\"\npause = \"leader\"",
        "at = \"1s\"\nlie = { nodes = \"n1\", how = [\"equivocate\"] }",
        "at = \"1s\"\nforge = { nodes = \"n1\", lie = \"wrong-veiw\" }",
        "at = \"1s\"\nsilence = { nodes = \"n1\", kinds = [\"vtoe\"] }",
        "at = \"1s\"\nbig-mac = \"n1\"",
        "at = \"1s\"\nloss = { links = \"all\", kinds = [\"vtoe\"], rate = \"1%\" }",
        "at = \"1s\"\nloss = \"all\"",
        "at = \"1s\"\nloss = { links = \"all\", rate = 5 }",
        "at = \"1s\"\ncrash = 5",
        "at = \"1s\"\ncrash = { nodes = \"n1\", disk = \"trn\" }",
        "at = \"1s\"\nslow-disk = { nodes = \"n1\", factor = 0 }",
        "at = \"1s\"\nclock-drift = { nodes = \"n1\", ppm = 1_000_000 }",
        "at = \"1s\"\nclock-jump = { nodes = \"n1\", by = 5 }",
        "at = \"1s\"\npause = \"n1\"\nas = \"leader\"",
        "at = \"1s\"\npause = \"n1\"\nas = \"x\"",
        "at = \"1s\"\npause = \"n1\"\nas = \"x\"",
    ]));
}

#[test]
fn contradictions() {
    insta::assert_snapshot!(after_head(
        "protocols = [\"pbft\"]\n[network]\ndelay = \"1ms\"\ntopology = \"one-rack\"\n\
         [clients]\nrate = 5\ninterval = \"5ms\"\n"
    ));
    insta::assert_snapshot!(after_head(
        "[expect]\nholds = [\"linearizable\"]\nbreaks = [\"linearizable\"]\n[lock]\n"
    ));
}

#[test]
fn expectations() {
    insta::assert_snapshot!(after_head(
        "[expect]\nholds = [\"linearisable\"]\nbrakes = []\n[expect.each]\nelection = 2\n\
         elections = \"about 2\"\ncommits = \"< 2s\"\nfailover = \"< 2s\"\nblocked.p95 = \"1s\"\n\
         blocked.max = 3\nview-changes.max = 3\n[expect.between]\nx = \"a > b\"\n"
    ));
}

#[test]
fn nemeses_and_clients() {
    insta::assert_snapshot!(after_head(
        "[clients]\ncount = 20_000\nload = \"vk\"\ntimeout = \"0s\"\n\
         [nemesis]\nkinds = [\"bit-rot\", \"restart\"]\nevery = \"0s\"\nfor = \"0s\"\nat-once = 0\n"
    ));
    insta::assert_snapshot!(after_head("[nemesis]\nkinds = \"al\"\nexcept = [\"cash\"]\n"));
    insta::assert_snapshot!(after_head(
        "[nemesis]\nkinds = \"all\"\n[clients]\nload = \"transfers\"\n"
    ));
}

#[test]
fn work_beyond_measure() {
    let year = HEAD.replace("20s", "365d");
    let shown = [
        format!("{year}[raft]\nheartbeat = \"1ns\"\n"),
        format!("{HEAD}settle = \"365d\"\n"),
        format!("{year}[clients]\nthink = \"0s\"\n[raft]\nheartbeat = \"1s\"\n"),
        format!(
            "{year}[nemesis]\nevery = \"1s\"\n[raft]\nheartbeat = \"1s\"\n[clients]\ncount = 0"
        ),
        format!(
            "{HEAD}[clients]\nthink = \"0s\"\n[network]\ndelay = \"0s\"\n[costs]\nmessage = \"0s\""
        ),
        HEAD.replace("20s", "400d"),
    ];
    insta::assert_snapshot!(shown.map(|text| bad(text.as_bytes()).render(false)).join("\n"));
}

#[test]
fn files_that_are_no_scenarios() {
    let long = vec![b'#'; (1 << 20) + 1];
    let shown: [&[u8]; 9] = [
        b"",
        b"\xEF\xBB\xBF \n\n",
        b"# only a comment\n",
        b"title = \"T\"\nclaim = \"\xFF\"\n",
        &long,
        b"format = 2\nnew-key = 5\n",
        b"title = \"T\ntitle = \"T\"\n",
        b"title = \"T\"\ntitle = \"T\"\n",
        b"faults = 5\nnetwork = 5\nexpect = 5\nraft = 5\nnemesis = []\nclients = 3\n",
    ];
    insta::assert_snapshot!(shown.map(|text| bad(text).render(false)).join("\n"));
}

#[test]
fn a_problem_is_also_plain_data() {
    let text = DEPOSED.replace("a-follower |", "n9 |");
    insta::assert_json_snapshot!(bad(text.as_bytes()));
}

#[test]
fn colour_is_only_colour() {
    let problems = bad(SOAK.replace("20_000", "0").as_bytes());
    let (plain, colour) = (problems.render(false), problems.render(true));
    assert!(!plain.contains('\u{1b}') && colour.contains('\u{1b}'));
    let mut stripped = String::new();
    let mut escape = false;
    for c in colour.chars() {
        match (escape, c) {
            (false, '\u{1b}') => escape = true,
            (false, c) => stripped.push(c),
            (true, c) => escape = !c.is_ascii_alphabetic(),
        }
    }
    assert_eq!(stripped, plain);
}

#[test]
fn single_messages() {
    let lines = [
        "{ link = \"n1 > n2\", at = \"3s\" }",
        "{ lose = true }",
        "{ link = \"n1 > n9\", at = \"1s\", lose = true }",
        "{ link = \"c9 > n1\", at = \"1s\", lose = true }",
        "{ link = \"leader > n1\", at = \"1s\", lose = true }",
        "{ link = \"n1 | n2\", at = \"1s\", lose = true }",
        "{ link = \"n1 > n1\", at = \"1s\", lose = true }",
        "{ link = \"n1 > n2\", at = \"1s\", nth = 0, lose = true }",
        "{ link = \"n1 > n2\", at = \"1s\", lose = true, late = \"5ms\" }",
        "{ link = \"n1 > n2\", at = \"1s\", lose = false }",
        "{ link = \"n1 > n2\", at = \"1s\", late = \"0s\" }",
        "{ link = \"n1 > n2\", at = \"1s\", late = 5 }",
        "{ link = \"n1 > n2\", at = \"1s\", loose = true }",
        "5",
    ];
    let messages = format!("messages = [\n    {},\n]\n", lines.join(",\n    "));
    insta::assert_snapshot!(after_head(&messages));
    insta::assert_snapshot!(after_head(
        "messages = [{ link = \"n1 > n2\", at = \"1s\", again = \"5ms\" }]\n\
         [network]\ntransport = \"stream\"\n"
    ));
    insta::assert_snapshot!(after_head("messages = true\n"));
}

#[test]
fn operations_that_are_written_out() {
    let lines = [
        "{ at = \"1s\", client = \"c1\" }",
        "{ at = \"1s\", client = \"c9\", do = \"get 1\" }",
        "{ at = \"1s\", client = \"n1\", do = \"get 1\" }",
        "{ at = \"1s\", client = \"c1\", do = \"fetch 1\" }",
        "{ at = \"1s\", client = \"c1\", do = \"get 1\", draws = \"12\" }",
        "{ at = 1, client = \"c1\", do = \"get 1\" }",
        "{ at = \"1s\", clinet = \"c1\", do = \"get 1\" }",
    ];
    let operations = format!("operations = [\n    {},\n]\n", lines.join(",\n    "));
    insta::assert_snapshot!(after_head(&operations));
    insta::assert_snapshot!(bad(
        b"title = \"T\"\nprotocol = \"bully\"\nnodes = 3\nduration = \"5s\"\n\
          operations = [{ at = \"1s\", client = \"c1\", do = \"get 1\" }]\n"
    ));
}

#[test]
fn ids_of_faults() {
    insta::assert_snapshot!(of_faults(&[
        "id = 2\nat = \"1s\"\npause = \"n1\"",
        "at = \"2s\"\npause = \"n1\"",
        "id = 7\nnth = 2\nat = \"3s\"\npause = \"n1\"\nas = \"x\"",
        "id = 7\nnth = 3\nat = \"4s\"\npause = \"n2\"\nas = \"x\"",
        "id = 7\nnth = 2\nat = \"5s\"\npause = \"n2\"",
        "id = 0\nat = \"6s\"\npause = \"n2\"",
        "id = 9\nnth = 2\nat = \"7s\"\nevery = \"1s\"\npause = \"n2\"",
    ]));
    insta::assert_snapshot!(after_head("seed = 5\nseeds = 7\n"));
}
