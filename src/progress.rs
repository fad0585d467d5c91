//! How far a long piece of work has got: a bar on a terminal, a line now and then elsewhere.
//!
//! All of it goes to standard error, because it depends on the machine: standard output does not.

#![allow(clippy::disallowed_types, clippy::disallowed_methods)] // the command may look at the real clock

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use sim_core::Span;
use std::io::IsTerminal as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How often a line is written where there is no terminal.
const NOW_AND_THEN: Duration = Duration::from_secs(10);

/// How far a piece of work has got.
pub struct Progress {
    bar: ProgressBar,
    begun: Instant,
    is_terminal: bool,
    quiet: bool,
    done: AtomicU64,
    failures: AtomicU64,
    said: Mutex<Instant>,
    all: u64,
}

impl Progress {
    /// Begins a piece of work of so many parts.
    pub fn new(what: &str, all: u64, quiet: bool) -> Progress {
        let is_terminal = std::io::stderr().is_terminal() && !quiet;
        let bar = if is_terminal { ProgressBar::new(all) } else { ProgressBar::hidden() };
        if is_terminal {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
        let style = ProgressStyle::with_template(
            "{prefix} {bar:30} {human_pos} of {human_len}  {per_sec}  {msg}  {eta} left",
        );
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.set_prefix(what.to_owned());
        let now = Instant::now();
        Progress {
            bar,
            begun: now,
            is_terminal,
            quiet,
            done: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            said: Mutex::new(now),
            all,
        }
    }

    /// The same when nobody knows how many parts there will be.
    pub fn endless(what: &str, quiet: bool) -> Progress {
        let progress = Progress::new(what, 0, quiet);
        if let Ok(style) = ProgressStyle::with_template(
            "{prefix} {spinner} {human_pos}  {per_sec}  {msg}  {elapsed}",
        ) {
            progress.bar.set_style(style);
        }
        progress
    }

    /// How long it has taken so far.
    pub fn elapsed(&self) -> Span {
        Span(u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// One more part is done.
    pub fn step(&self, failed: bool) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if failed {
            let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
            self.bar.set_message(format!("{failures} failed"));
        }
        if self.is_terminal {
            return self.bar.set_position(done);
        }
        let Ok(mut said) = self.said.try_lock() else { return };
        if !self.quiet && said.elapsed() >= NOW_AND_THEN {
            *said = Instant::now();
            let failures = self.failures.load(Ordering::Relaxed);
            let (done, all) = (HumanCount(done), HumanCount(self.all));
            match self.all {
                0 => eprintln!("{done}, {failures} failed"),
                _ => eprintln!("{done} of {all}, {failures} failed"),
            }
        }
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// Says how fast it went, in virtual and in real time.
    pub fn tell_speed(&self, seeds: u64, jobs: usize, virtual_time: Span) {
        if self.quiet {
            return;
        }
        let real = self.begun.elapsed();
        let times = virtual_time.0 as f64 / real.as_nanos().max(1) as f64;
        eprintln!(
            "{} seeds in {:.1} s on {jobs} core{}: {} of virtual time, {} times real time",
            HumanCount(seeds),
            real.as_secs_f64(),
            if jobs == 1 { "" } else { "s" },
            virtual_time.short(),
            HumanCount(times as u64),
        );
    }
}

/// How far a piece of work has got of which nobody knows how long it is: a line that changes on a terminal.
pub struct Counter {
    bar: ProgressBar,
    begun: Instant,
    quiet: bool,
}

impl Counter {
    /// Begins a piece of work.
    pub fn new(quiet: bool) -> Counter {
        let is_terminal = std::io::stderr().is_terminal() && !quiet;
        let bar = if is_terminal { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if is_terminal {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
        Counter { bar, begun: Instant::now(), quiet }
    }

    /// Says how far it has got, where anybody looks.
    pub fn tell(&self, words: impl FnOnce() -> String) {
        if !self.bar.is_hidden() {
            self.bar.set_message(words());
            self.bar.tick();
        }
    }

    /// Takes the line away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// Says how long so many runs took.
    pub fn tell_end(&self, runs: u64) {
        if !self.quiet {
            let real = self.begun.elapsed().as_secs_f64();
            eprintln!("{} runs in {real:.1} s on 1 core", HumanCount(runs));
        }
    }
}
