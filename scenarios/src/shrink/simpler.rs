//! Simpler words for what is left: rounder times, shorter faults, fewer targets, options as they are anyway.

use super::bench::Bench;
use super::fewer::each_list;
use super::given;
use crate::format::{LineLasts, Options, ProtocolWords, Scenario, Section, Vocabulary, What};
use sim_core::fault::{About, DiskLoss, Disturbance, Fault, Targets};
use sim_core::settings::NetworkSettings;
use sim_core::{Span, SpanRange, Time};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Numbers are rounded to whole multiples of these, the coarsest that will do.
const STEPS: [Span; 9] = [
    Span::secs(1),
    Span::millis(500),
    Span::millis(100),
    Span::millis(50),
    Span::millis(10),
    Span::millis(5),
    Span::millis(1),
    Span::micros(100),
    Span::micros(10),
];
/// Of so many operations or messages, at most, numbers are rounded one by one.
const FEW: usize = 16;

impl Bench<'_> {
    /// Everything that can be said in fewer or simpler words.
    pub(super) fn simpler(&mut self) {
        self.default_settings();
        self.default_options();
        self.plain_draws();
        for place in 0..self.best.faults.len() {
            self.simpler_fault(place);
        }
        self.rounder_operations();
        self.rounder_messages();
        self.keep_with(Scenario::number_faults);
        self.shorter();
    }

    /// What surrounds the cluster, as it is when nothing is said of it.
    fn default_settings(&mut self) {
        self.keep_with(|s| s.network = NetworkSettings::default());
        self.keep_with(|s| s.network.bandwidth = None);
        self.keep_with(|s| s.network.topology = None);
        self.keep_with(|s| s.network.transport = Default::default());
        self.keep_with(|s| s.network.delay = Default::default());
        self.keep_with(|s| s.clocks = Default::default());
        self.keep_with(|s| s.clocks.skew = Span::ZERO);
        self.keep_with(|s| s.clocks.drift_ppm = 0);
        self.keep_with(|s| s.costs = Default::default());
        self.keep_with(|s| s.settle = None);
        if self.best.operations.is_some() || self.best.clients.count == 0 {
            self.keep_with(|s| s.clients.operations = 0);
            self.keep_with(|s| s.clients.interval = None);
            self.keep_with(|s| s.clients.think = SpanRange::millis(5, 15));
        }
        self.keep_with(|s| s.clients.timeout = Span::millis(500));
        self.keep_with(|s| s.clients.patience = Span::secs(5));
    }

    /// Options of the protocol and of the load, key by key, but for planted bugs.
    fn default_options(&mut self) {
        let Some(entry) = self.rig.catalogue.get(&self.best.subjects[0].protocol) else { return };
        let written = entry.write_options(&self.best.subjects[0].options);
        for key in written.keys().filter(|key| *key != "bugs") {
            let mut fewer = entry.write_options(&self.best.subjects[0].options);
            fewer.remove(key);
            let read =
                |words: &dyn ProtocolWords| read_section(&fewer, |v| words.read_options(v).ok());
            if let Some(options) = self.words.protocol(entry.name()).and_then(read) {
                self.keep_with(|s| s.subjects[0].options = options);
            }
        }
        let Some(load) = self.best.clients.load.clone() else { return };
        let own = |scenario: &Scenario| {
            let options = scenario.subjects[0].load.as_ref();
            options.map(|options| entry.write_load(&load, options)).unwrap_or_default()
        };
        for key in own(&self.best).keys() {
            let mut fewer = own(&self.best);
            fewer.remove(key);
            let read = |words: &dyn ProtocolWords| {
                read_section(&fewer, |v| words.read_load(&load, v).ok())
            };
            if let Some(options) = self.words.protocol(entry.name()).and_then(read) {
                self.keep_with(|s| s.subjects[0].load = Some(options));
            }
        }
    }

    /// Operations draw what their times name, wherever that will do.
    fn plain_draws(&mut self) {
        let plain = |scenario: &mut Scenario| {
            scenario.operations.iter_mut().flatten().for_each(|written| written.draws = None);
        };
        let count = self.best.operations.as_ref().map_or(0, Vec::len);
        if self.keep_with(plain) || count > FEW {
            return;
        }
        for place in 0..count {
            self.keep_with(|s| {
                s.operations
                    .iter_mut()
                    .flatten()
                    .skip(place)
                    .take(1)
                    .for_each(|one| one.draws = None);
            });
        }
    }

    fn simpler_fault(&mut self, place: usize) {
        self.fewer_targets(place);
        self.keep_with(|s| plain_fault(&mut s.faults[place].what));
        self.keep_with(|s| {
            if let What::Fixed(Fault::Crash { disk, .. }) = &mut s.faults[place].what {
                *disk = DiskLoss::Synced;
            }
        });
        if !self.best.faults[place].what.kind().is_lie() {
            self.keep_with(|s| s.faults[place].lasts = LineLasts::UntilHealed);
        }
        if let Some(lasts) = given(self.best.faults[place].lasts) {
            let set = |s: &mut Scenario, span| {
                s.faults[place].lasts = LineLasts::For(SpanRange::exactly(span));
            };
            self.shortest(lasts, &set);
        }
        if self.best.faults[place].on.is_none() {
            let at = self.best.faults[place].at.from;
            self.roundest(at, &|s, span| s.faults[place].at = SpanRange::exactly(span));
        } else {
            self.keep_with(|s| s.faults[place].at = SpanRange::default());
            let after =
                |s: &Scenario| s.faults[place].on.as_ref().map_or(Span::ZERO, |on| on.after.from);
            let span = after(&self.best);
            self.roundest(span, &|s, span| {
                if let Some(on) = &mut s.faults[place].on {
                    on.after = SpanRange::exactly(span);
                }
            });
        }
    }

    /// Leaves out nodes that a fault need not hit.
    fn fewer_targets(&mut self, place: usize) {
        let lists = self.lists(place);
        for list in 0..lists.len() {
            let mut target = 0;
            while self.lists(place)[list].len() > 1 && target < self.lists(place)[list].len() {
                let gone = self.keep_with(|s| {
                    let mut nth = 0;
                    each_list(&mut s.faults[place], &mut |targets| {
                        if nth == list {
                            targets.remove(target);
                        }
                        nth += 1;
                    });
                });
                target += usize::from(!gone);
            }
        }
    }

    fn lists(&self, place: usize) -> Vec<Targets> {
        let mut lists = Vec::new();
        each_list(&mut self.best.faults[place].clone(), &mut |targets| lists.push(targets.clone()));
        lists
    }

    fn rounder_operations(&mut self) {
        let operations = self.best.operations.clone().unwrap_or_default();
        if operations.len() > FEW {
            return;
        }
        for (place, written) in operations.iter().enumerate() {
            self.roundest(Span(written.at.0), &|s, span| {
                let one = s.operations.iter_mut().flatten().nth(place);
                one.into_iter().for_each(|one| one.at = Time(span.0));
            });
        }
        self.keep_with(|s| {
            s.operations.iter_mut().for_each(|all| all.sort_by_key(|written| written.at));
        });
    }

    fn rounder_messages(&mut self) {
        if self.best.messages.len() > FEW {
            return;
        }
        for place in 0..self.best.messages.len() {
            self.keep_with(|s| s.messages[place].nth = 1);
            let Disturbance { at, what, .. } = self.best.messages[place];
            self.roundest(Span(at.0), &|s, span| s.messages[place].at = Time(span.0));
            self.roundest(what.span(), &|s, span| {
                s.messages[place].what = what.with_span(span);
            });
        }
    }

    /// The roundest number near this one that will do.
    fn roundest(&mut self, span: Span, set: &dyn Fn(&mut Scenario, Span)) {
        for step in STEPS {
            if span.0.is_multiple_of(step.0) {
                return;
            }
            let down = Span(span.0 / step.0 * step.0);
            for near in [down, down + step] {
                if near > Span::ZERO && self.keep_with(|scenario| set(scenario, near)) {
                    return;
                }
            }
        }
    }

    /// A shorter time that will do, and a round one.
    fn shortest(&mut self, mut span: Span, set: &dyn Fn(&mut Scenario, Span)) {
        while span > Span::millis(1) && self.keep_with(|scenario| set(scenario, Span(span.0 / 2))) {
            span = Span(span.0 / 2);
        }
        self.roundest(span, set);
    }

    /// The shortest time, in tenths of a second, in which it still comes about.
    fn shorter(&mut self) {
        let last = self.best.faults.iter().map(|line| line.at.to).max().unwrap_or_default();
        let end = self.best.duration;
        let ends = [last.in_tenths(), Span(end.0 / 4).in_tenths(), Span(end.0 / 2).in_tenths()];
        for end in ends.into_iter().filter(|shorter| *shorter < end) {
            if end >= last && end > Span::ZERO && self.keep_with(|scenario| scenario.duration = end)
            {
                return;
            }
        }
        self.roundest(self.best.duration, &|s, span| {
            if s.faults.iter().all(|line| line.at.to <= span) {
                s.duration = span;
            }
        });
    }
}

impl Scenario {
    /// Faults are numbered by their places, as they are when nothing is said.
    fn number_faults(&mut self) {
        for (id, line) in (1..).zip(&mut self.faults) {
            (line.id, line.nth) = (id, 1);
        }
    }
}

/// The plainest form of a fault: a lie to everybody, in all that is said.
fn plain_fault(what: &mut What) {
    if let What::Fixed(Fault::Lie { about, .. }) = what {
        *about = About { rate: sim_core::Chance::ALWAYS, ..About::default() };
    }
}

/// Reads options from keys and values.
fn read_section(
    keys: &Section,
    read: impl Fn(Spanned<DeValue<'_>>) -> Option<Options>,
) -> Option<Options> {
    let text = crate::format::section_text(keys);
    let table = DeTable::parse(&text).ok()?;
    let span = table.span();
    read(Spanned::new(span, DeValue::Table(table.into_inner())))
}
