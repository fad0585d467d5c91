//! How long messages take before anything happens to them.

use crate::random::Rng;
use crate::settings::Delay;
use crate::time::{Span, SpanRange};
use crate::topology::Topology;
use rand_distr::{Distribution, LogNormal};

/// The 99th percentile of the standard normal distribution.
const NORMAL_P99: f64 = 2.326_347_874_040_841;

/// What base delays are drawn from.
#[derive(Clone, Debug)]
pub(super) enum Sampler {
    Uniform(SpanRange),
    LogNormal(LogNormal<f64>),
    /// By the sites of sender and receiver.
    Sites {
        sites: usize,
        delays: Vec<SpanRange>,
    },
}

impl Sampler {
    pub(super) fn new(delay: &Delay, topology: Option<&Topology>) -> Sampler {
        if let Some(topology) = topology {
            return Sampler::Sites { sites: topology.sites.len(), delays: topology.delays() };
        }
        match delay {
            Delay::Uniform(range) => Sampler::Uniform(*range),
            Delay::LogNormal(curve) => {
                let (median, p99) = (curve.median.0.max(1) as f64, curve.p99.0.max(1) as f64);
                let spread = (libm::log(p99 / median) / NORMAL_P99).max(0.0);
                match LogNormal::new(libm::log(median), spread) {
                    Ok(curve) => Sampler::LogNormal(curve),
                    Err(_) => Sampler::Uniform(SpanRange::exactly(curve.median)),
                }
            }
        }
    }

    #[inline]
    pub(super) fn draw(&self, from: usize, to: usize, nodes: usize, rng: &mut Rng) -> Span {
        match self {
            Sampler::Uniform(range) => range.draw(rng),
            Sampler::LogNormal(curve) => Span(curve.sample(rng).min(Span::YEAR.0 as f64) as u64),
            Sampler::Sites { sites, delays } => {
                let site = |i: usize| if i < nodes { i % sites } else { (i - nodes) % sites };
                delays[site(from) * sites + site(to)].draw(rng)
            }
        }
    }
}
