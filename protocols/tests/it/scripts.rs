//! Golden scripts: every `src/PROTOCOL/scripts/*.txt`, and proof that they notice.
//!
//! A file holds an essay, commands, a line `----`, and below it what happened.
//! `SPLITBRAIN_UPDATE=1 cargo test -p protocols` writes that part anew; the difference is then for people to
//! read.

use protocols::{BugAbout, Entry};
use std::fs;
use std::path::{Path, PathBuf};

const SEPARATOR: &str = "----\n";

/// A script: where it is, what it does, and what happened.
pub struct Script {
    path: PathBuf,
    pub protocol: &'static dyn Entry,
    commands: String,
    golden: String,
}

impl Script {
    fn read(path: PathBuf, protocol: &'static dyn Entry) -> Script {
        let text = fs::read_to_string(&path).expect("a script can be read");
        let (commands, golden) =
            text.split_once(SEPARATOR).unwrap_or_else(|| panic!("{path:?} has no line ----"));
        Script { protocol, commands: commands.into(), golden: golden.into(), path }
    }

    pub fn name(&self) -> String {
        let stem = self.path.file_stem().unwrap_or_default();
        format!("{}/{}", self.protocol.name(), stem.to_string_lossy())
    }

    /// What happens when a mistake is planted.
    fn with_bug(&self, bug: &str) -> Result<String, String> {
        let plant = |line: &str| match line.starts_with("cluster ") {
            true => format!("{line} bugs=[\"{bug}\"]\n"),
            false => format!("{line}\n"),
        };
        self.protocol.script(&self.commands.lines().map(plant).collect::<String>())
    }
}

/// Every script of every protocol. A folder's name is the protocol's, with `_` for `-`.
pub fn all() -> Vec<Script> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut scripts = Vec::new();
    for folder in sorted(&sources).into_iter().filter(|path| path.join("scripts").is_dir()) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().replace('_', "-");
        let protocol = protocols::all().get(&name);
        let protocol = protocol.unwrap_or_else(|| panic!("{name} is not in the catalogue"));
        let files = sorted(&folder.join("scripts"));
        scripts.extend(files.into_iter().map(|path| Script::read(path, protocol)));
    }
    scripts
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of the sources");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

#[allow(clippy::disallowed_methods)] // this switch is for people
fn is_to_be_updated() -> bool {
    std::env::var_os("SPLITBRAIN_UPDATE").is_some()
}

#[test]
fn scripts_do_what_they_did() {
    let scripts = all();
    assert!(scripts.len() >= 28, "only {} scripts", scripts.len());
    let mut wrong = String::new();
    for script in scripts {
        let happened = match script.protocol.script(&script.commands) {
            Ok(happened) => happened,
            Err(why) => {
                wrong += &format!("{}: {why}\n", script.name());
                continue;
            }
        };
        if happened == script.golden {
            continue;
        }
        if is_to_be_updated() {
            let text = [&script.commands, SEPARATOR, &happened].concat();
            fs::write(&script.path, text).expect("a script can be written");
        } else {
            wrong += &format!("{}:\n{}", script.name(), difference(&script.golden, &happened));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}\nSPLITBRAIN_UPDATE=1 takes what happens for right");
}

/// The first lines that differ, with some that lead up to them.
fn difference(golden: &str, happened: &str) -> String {
    let (was, is): (Vec<_>, Vec<_>) = (golden.lines().collect(), happened.lines().collect());
    let same = was.iter().zip(&is).take_while(|(was, is)| was == is).count();
    let mut text = String::new();
    for line in &was[same.saturating_sub(4)..same] {
        text += &format!("    {line}\n");
    }
    for (sign, lines) in [('-', &was), ('+', &is)] {
        for line in lines.iter().skip(same).take(6) {
            text += &format!("  {sign} {line}\n");
        }
    }
    text
}

/// Scripts, and mistakes that they notice.
pub const NOTICED: &[(&str, &str)] = &[
    ("raft/vote_waits_for_disk", "vote-not-persisted"),
    ("raft/restart_remembers_term_and_vote", "term-reset-on-restart"),
    ("raft/duplicated_vote_counts_once", "duplicate-vote-counted"),
    ("raft/two_of_four_are_no_majority", "quorum-half"),
    ("raft/one_vote_a_term", "vote-cleared-same-term"),
    ("raft/stale_log_gets_no_vote", "vote-ignores-log"),
    ("raft/shorter_log_of_the_same_term_gets_no_vote", "vote-term-only"),
    ("raft/committed_entry_outlives_its_leader", "vote-uses-commit-index"),
    ("raft/old_leaders_heartbeat_is_no_news", "stale-leader-heartbeat-resets-timer"),
    ("raft/refused_candidate_leaves_the_vote_free", "seen-vote-counts-as-granted"),
    ("raft/append_is_refused_where_logs_part", "ae-skip-prev-check"),
    ("raft/conflicting_tail_is_replaced", "ae-keep-stale-tail"),
    ("raft/commit_stops_at_what_was_matched", "commit-min-own-last"),
    ("raft/leader_commits_only_its_own_term", "commit-old-term-entries"),
    ("raft/follower_acknowledges_only_what_it_was_sent", "match-from-follower-last"),
    ("raft/acknowledgement_of_an_old_term_counts_for_nothing", "ack-from-old-term-counted"),
    ("raft/follower_acknowledges_when_its_disk_has_it", "reply-before-fsync"),
    ("raft/leader_counts_itself_when_its_disk_has_it", "leader-self-count-unsynced"),
    ("raft/deposed_leader_steps_down_and_keeps_its_log", "truncate-on-stepdown"),
    ("raft/client_hears_when_committed", "ack-client-before-commit"),
    ("raft/snapshot_brings_a_laggard_up", "next-index-underflow"),
    ("raft/new_leader_serves_no_read_before_its_no_op", "readindex-before-term-commit"),
    ("raft/read_index_waits_for_a_round", "readindex-reuses-old-acks"),
    ("raft/refusal_of_an_old_term_confirms_nothing", "refusal-confirms-round"),
    ("raft/follower_read_asks_the_leader", "follower-read-own-commit"),
    ("raft/lease_runs_from_when_its_round_began", "lease-from-ack-arrival"),
    ("raft/lease_ends_before_another_may_lead", "lease-voters-do-not-wait"),
    ("raft/booted_voter_waits_out_a_lease", "lease-voters-do-not-wait"),
    ("raft/voters_stand_by_a_live_leader", "lease-voters-do-not-wait"),
    ("raft/lease_ignores_the_wall_clock", "lease-wall-clock"),
    ("raft/snapshot_bears_the_term_of_its_last_entry", "snapshot-wrong-term"),
    ("raft/installed_snapshot_drops_a_conflicting_tail", "install-keeps-conflicting-tail"),
    ("raft/old_snapshot_is_not_installed", "install-older-regresses"),
    ("raft/snapshot_leaves_the_term_alone", "install-lowers-term"),
    ("raft/snapshot_holds_the_sessions", "snapshot-omits-sessions"),
    ("raft/chunks_of_two_snapshots_do_not_mix", "snapshot-chunk-mix"),
    ("raft/pre_vote_changes_nothing", "prevote-bumps-term"),
    ("raft/refused_pre_vote_tells_the_term", "prevote-stale-term-reply"),
    ("raft/failed_transfer_is_given_up", "transfer-never-aborts"),
    ("raft/timeout_now_of_an_old_term_is_ignored", "timeoutnow-stale-term"),
    ("raft/duplicate_request_is_done_once", "dedup-leader-memory"),
    ("raft/expired_session_does_nothing_again", "session-auto-recreate"),
    ("raft/joint_configuration_needs_both_majorities", "joint-one-majority"),
    ("raft/new_configuration_follows_the_committed_joint_one", "joint-leave-early"),
    ("raft/configuration_is_in_force_when_it_is_in_the_log", "config-effective-on-commit"),
    ("raft/dropped_configuration_is_out_of_force", "config-not-reverted"),
    (
        "raft/removal_that_is_not_committed_leaves_a_candidate",
        "uncommitted-removal-blocks-campaign",
    ),
    ("raft/learner_counts_for_nothing", "learner-counted"),
    ("raft/voter_that_does_not_know_its_vote_votes", "learner-refuses-vote"),
    ("raft/single_change_waits_for_an_entry_of_the_own_term", "single-server-no-term-commit"),
    ("raft/snapshot_has_the_configuration_of_its_last_entry", "snapshot-latest-config"),
    ("raft/installed_snapshot_brings_its_configuration", "install-keeps-config"),
    ("multi-paxos/phase_one_once_for_all_slots", "accept-strictly-greater"),
    ("multi-paxos/promise_waits_for_disk", "acceptor-forgets-promise"),
    ("multi-paxos/vote_waits_for_disk", "acceptor-forgets-vote"),
    ("multi-paxos/promise_binds_votes", "accept-without-promise-check"),
    ("multi-paxos/own_promise_admits_own_proposal", "accept-strictly-greater"),
    ("multi-paxos/highest_vote_is_proposed", "value-from-first-promise"),
    ("multi-paxos/gaps_are_filled_with_no_ops", "no-noop-fill"),
    ("multi-paxos/gaps_are_filled_with_no_ops", "noop-over-accepted"),
    ("multi-paxos/overtaken_proposer_backs_off", "nack-counts-as-promise"),
    ("multi-paxos/number_is_new_after_a_crash", "ballot-reuse-after-restart"),
    ("multi-paxos/acknowledgement_of_an_old_ballot_counts_for_nothing", "stale-accepted-counted"),
    ("multi-paxos/duplicated_acknowledgement_counts_once", "duplicate-accepted-counted"),
    (
        "multi-paxos/own_vote_of_an_old_ballot_is_not_what_is_chosen",
        "commit-index-implies-own-value",
    ),
    ("multi-paxos/overtaken_leader_speaks_no_more", "overtaken-leader-goes-on"),
    ("multi-paxos/compacted_slots_are_learned", "noop-over-compacted"),
    ("multi-paxos/installed_snapshot_leaves_votes", "install-drops-votes"),
    ("multi-paxos/acceptors_change_a_window_later", "config-at-choose-time"),
    ("multi-paxos/acceptors_change_a_window_later", "newcomers-unprepared"),
    ("multi-paxos/quorum_read_waits_for_what_was_voted", "quorum-reads-executed"),
    ("multi-paxos/lease_ends_before_another_may_lead", "master-lease-no-wait"),
    ("multi-paxos/lease_ends_before_another_may_lead", "read-without-quorum"),
    ("multi-paxos/lease_runs_from_when_its_heartbeat_left", "lease-from-answers"),
    ("multi-paxos/snapshot_holds_the_sessions", "snapshot-omits-sessions"),
    ("multi-paxos/pieces_of_two_snapshots_do_not_mix", "snapshot-chunk-mix"),
    ("multi-paxos/reported_value_goes_before_requests", "own-value-despite-promises"),
    ("multi-paxos/two_of_four_are_no_majority", "quorum-half"),
    ("multi-paxos/votes_of_two_ballots_choose_nothing", "learn-from-mixed-ballots"),
    ("pbft/prepared_needs_two_backups", "prepare-one-short"),
    ("pbft/committed_needs_a_quorum", "commit-quorum-f-plus-one"),
    ("pbft/agreement_waits_for_the_disk", "prepare-before-sync"),
    ("pbft/prepared_waits_for_the_disk", "commit-before-sync"),
    ("pbft/backup_passes_a_request_on", "backup-does-not-forward"),
    ("pbft/duplicate_request_is_done_once", "timestamp-not-monotone"),
    ("pbft/null_request_fills_a_gap", "null-request-executes-stale"),
    ("pbft/tentative_execution_is_taken_back", "no-tentative-rollback"),
    ("pbft/read_waits_for_what_was_taken_back", "read-forgets-tentative"),
    ("pbft/checkpoint_is_stable_when_a_quorum_has_it", "checkpoint-f-plus-one"),
    ("pbft/laggard_fetches_a_state", "checkpoint-excludes-replies"),
    ("pbft/view_change_keeps_what_is_prepared", "vc-drops-prepared"),
    ("pbft/new_view_waits_for_a_quorum", "vc-one-short"),
    ("pbft/replica_left_behind_votes_no_more", "vc-continue-old-view"),
    ("pbft/gap_is_not_filled_on_the_word_of_two", "nv-null-over-prepared"),
    ("pbft/view_change_keeps_what_is_prepared", "q-set-omitted"),
    ("pbft/timeouts_double", "timer-not-doubled"),
    ("pbft/new_view_waits_for_a_quorum", "timer-starts-on-vc-sent"),
    ("pbft/replica_joins_when_two_have_left", "join-on-one-vc"),
    ("pbft/latest_view_wins", "vc-any-prepared"),
    ("pbft/equivocation_convinces_no_two_sides", "prepare-no-digest-match"),
    ("pbft/equivocation_convinces_no_two_sides", "primary-prepare-counted"),
    ("pbft/request_that_nobody_made_is_not_ordered", "client-auth-skipped"),
    ("pbft/number_beyond_the_water_marks_is_refused", "no-watermark-check"),
    ("pbft/vote_of_another_view_counts_for_nothing", "no-view-check"),
    ("pbft/state_of_a_liar_is_not_taken_over", "checkpoint-digest-ignored"),
    ("pbft/state_of_a_liar_is_not_taken_over", "state-transfer-unverified"),
    ("pbft/invented_batch_is_not_chosen", "vc-p-not-validated"),
    ("pbft/view_that_is_over_does_not_begin_again", "nv-old-replayed"),
    ("paxos/a_decision_takes_two_round_trips", "accept-strictly-greater"),
    ("paxos/promise_waits_for_disk", "acceptor-forgets-promise"),
    ("paxos/vote_waits_for_disk", "acceptor-forgets-vote"),
    ("paxos/promise_binds_votes", "accept-without-promise-check"),
    ("paxos/highest_vote_is_proposed", "value-from-first-promise"),
    ("paxos/reported_vote_goes_before_the_own_value", "own-value-despite-promises"),
    ("paxos/refusal_is_no_promise", "nack-counts-as-promise"),
    ("paxos/number_is_new_after_a_crash", "ballot-reuse-after-restart"),
    ("paxos/vote_of_an_old_ballot_counts_for_nothing", "stale-accepted-counted"),
    ("paxos/votes_of_two_ballots_choose_nothing", "learn-from-mixed-ballots"),
    ("paxos/duplicated_vote_counts_once", "duplicate-accepted-counted"),
    ("paxos/two_of_four_are_no_majority", "quorum-half"),
    ("paxos/gaps_are_asked_for", "gaps-not-asked-for"),
    ("fast-paxos/three_of_five_are_no_fast_quorum", "fast-quorum-majority"),
    ("fast-paxos/what_may_have_been_chosen_is_proposed_again", "fast-recovery-plain-rule"),
    ("fast-paxos/what_may_have_been_chosen_is_proposed_again", "fast-any-without-phase1"),
    ("fast-paxos/what_may_have_been_chosen_is_proposed_again", "own-value-despite-promises"),
    ("fast-paxos/one_vote_in_a_fast_round", "fast-vote-twice"),
    ("fast-paxos/vote_waits_for_disk", "acceptor-forgets-vote"),
    ("bully/who_is_answered_waits_for_the_coordinator", "bully-no-wait-timer"),
    ("bully/lower_coordinator_is_not_followed", "bully-accept-lower"),
    ("bully/lower_coordinator_is_not_followed", "bully-recover-silently"),
    ("bully/lower_election_is_answered", "bully-ok-suppressed"),
    ("bully/lower_election_is_answered", "bully-restart-storm"),
    ("bully/dead_nodes_are_asked_again", "bully-skip-dead-highest-forever"),
    ("bully/original_highest_halts_a_coordinator", "bully-halt-skipped"),
    ("bully/original_coordinator_finds_who_is_not_normal", "bully-check-skipped"),
    ("ring/list_ends_though_its_initiator_died", "ring-initiator-dead-loop"),
    ("ring/list_goes_round_twice", "ring-list-duplicate"),
    ("ring/announced_leader_is_watched_from_the_start", "ring-coordinator-from-stale-list"),
    ("ring/dead_neighbour_is_skipped", "ring-dead-successor-not-skipped"),
    ("ring/lost_message_is_missed", "ring-lost-message-not-missed"),
    ("ring/highest_is_back", "ring-recover-silently"),
    ("ring/later_election_stands", "ring-concurrent-not-discarded"),
    ("ring/names_lower_ones_are_swallowed", "cr-participant-flag-missing"),
    ("ring/names_higher_ones_replace_lower_ones", "cr-forward-smaller"),
    ("ring/names_higher_ones_replace_lower_ones", "cr-elected-not-stopped"),
    ("ring/name_of_the_dead_is_swallowed", "cr-dead-max"),
    ("two-phase-commit/vote_waits_for_disk", "vote-before-force"),
    ("two-phase-commit/decision_waits_for_disk", "decide-before-force"),
    ("two-phase-commit/decision_waits_for_disk", "reply-before-decision"),
    ("two-phase-commit/inquiry_during_the_vote_is_not_answered", "presume-abort-while-preparing"),
    ("two-phase-commit/commit_is_remembered_until_all_have_it", "forget-before-all-acks"),
    ("two-phase-commit/presumed_commit_needs_no_acks", "presume-commit-without-initiation"),
    ("two-phase-commit/who_is_in_doubt_waits", "timeout-abort-when-prepared"),
    ("two-phase-commit/who_is_in_doubt_waits", "coop-prepared-means-commit"),
    ("two-phase-commit/who_has_not_voted_frees_another", "coop-init-answers-later-yes"),
    ("two-phase-commit/duplicated_vote_counts_once", "vote-count-not-set"),
    ("two-phase-commit/what_was_only_read_is_done_with_the_vote", "read-only-vote-not-counted"),
    ("two-phase-commit/numbers_are_never_used_again", "numbers-used-again"),
    ("two-phase-commit/in_doubt_is_shown_to_nobody", "shown-when-prepared"),
    ("two-phase-commit/in_doubt_stays_locked", "locks-not-rebuilt"),
    ("two-phase-commit/readers_keep_their_locks_until_they_vote", "readers-release-early"),
    ("two-phase-commit/every_site_is_on_the_list", "participant-left-out"),
    ("two-phase-commit/checkpoint_holds_what_is_in_doubt", "checkpoint-leaves-doubt-out"),
    ("two-phase-commit/answers_survive_the_coordinator", "answers-forgotten"),
    ("two-phase-commit/acknowledgement_waits_for_disk", "ack-before-force"),
    ("saga/order_is_shipped", "idem-record-separate-txn"),
    ("saga/refused_step_undoes_those_before_in_reverse", "compensate-forward-order"),
    ("saga/refused_step_undoes_those_before_in_reverse", "compensate-includes-failed-step"),
    ("saga/late_step_comes_after_its_compensation", "empty-compensation-runs"),
    ("saga/late_step_comes_after_its_compensation", "dangling-try"),
    ("saga/late_step_comes_after_its_compensation", "timeout-is-failure-no-fence"),
    ("saga/repeated_command_is_answered_from_the_fence", "idem-key-per-attempt"),
    ("saga/orchestrator_goes_on_where_its_log_ends", "orchestrator-forgets-inflight"),
    ("saga/what_cannot_be_done_now_is_asked_for_again", "retry-after-pivot-aborts"),
    ("saga/what_cannot_be_done_now_is_asked_for_again", "compensation-failure-ignored"),
    ("saga/replaced_orchestrator_is_fenced", "standby-not-fenced"),
    ("saga/choreographed_order_is_shipped", "dual-write"),
    ("saga/choreographed_order_is_shipped", "send-before-commit"),
    ("saga/choreographed_order_is_shipped", "offset-commit-before-processing"),
    ("saga/watchdog_asks_after_a_saga_that_hangs", "choreo-missed-event-no-timeout"),
    ("saga/events_about_one_customer_keep_their_order", "outbox-parallel-relay"),
    ("saga/lost_event_is_told_again_though_later_ones_were_heard", "outbox-gap-skip"),
    ("saga/event_that_comes_again_is_acknowledged_again", "terminal-redelivery-reruns"),
    ("saga/marks_keep_others_out_until_a_saga_is_over", "semantic-lock-not-released"),
    ("saga/marks_outlive_a_crash", "mark-forgotten-at-boot"),
    ("saga/money_is_read_when_it_is_spent", "stale-read-check"),
];

#[test]
fn planted_mistakes_change_what_happens() {
    let scripts = all();
    let told = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.starts_with("> cluster")).map(str::to_owned).collect()
    };
    let mut unnoticed = Vec::new();
    for (name, bug) in NOTICED {
        let script = scripts.iter().find(|script| script.name() == *name);
        let script = script.unwrap_or_else(|| panic!("there is no script {name}"));
        match script.with_bug(bug) {
            Ok(happened) if told(&happened) == told(&script.golden) => unnoticed.push((name, bug)),
            Err(why) => assert!(!why.contains("`cluster"), "{name}: {why}"),
            Ok(_) => {}
        }
    }
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
}

/// Mistakes that no script can show, and why: soaks and scenarios do.
const BEYOND_SCRIPTS: &[(&str, &str)] = &[
    // Clients' codes are right in scripts.
    ("pbft", "big-mac-no-fallback"),
    // A script asks replicas; nobody there believes their answers.
    ("pbft", "client-accepts-f-plus-one-tentative"),
    // It takes seven replicas, two liars among them: pbft/laggards.
    ("pbft", "nv-null-ignores-h"),
    // Traitors have too many ways of lying for one script: the generals' soaks and tables have them.
    ("generals", "om-one-round-short"),
    ("generals", "om-majority-without-own"),
    ("generals", "om-missing-skipped"),
    ("generals", "om-flat-vote"),
    ("generals", "om-path-not-authenticated"),
    ("generals", "om-commander-in-submajority"),
    ("generals", "sm-no-relay-last"),
    ("generals", "sm-choice-by-arrival"),
];

#[test]
fn every_mistake_changes_some_script_of_its_protocol() {
    let scripts = all();
    for protocol in protocols::all().iter() {
        let is_its = |script: &str| script.split('/').next() == Some(protocol.name());
        if !scripts.iter().any(|script| is_its(&script.name())) {
            continue;
        }
        let told = |bug: &BugAbout| !BEYOND_SCRIPTS.contains(&(protocol.name(), bug.id));
        for bug in protocol.bugs().into_iter().filter(told) {
            let noticed = |(script, id): &(&str, &str)| is_its(script) && *id == bug.id;
            assert!(NOTICED.iter().any(noticed), "{}/{} is unseen", protocol.name(), bug.id);
        }
    }
}
