//! What a scenario may tune of the generals, and mistakes to be switched on one at a time.

use crate::protocol::BugAbout;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::fault::FaultKind;
use sim_core::{NodeId, Span};

/// Which algorithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// OM(m): nobody can prove what another said.
    #[default]
    Oral,
    /// SM(m): everybody can.
    Signed,
}

/// Who commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Commander {
    /// One general after the other.
    #[default]
    Rotates,
    /// The first, always.
    First,
}

/// The options of the generals.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Whether messages are oral or signed.
    pub algorithm: Algorithm,
    /// How many traitors they reckon with: the paper's m.
    pub traitors: u32,
    /// Who commands.
    pub commander: Commander,
    /// How long a round takes: longer than any message.
    pub round: Span,
    /// Mistakes made on purpose.
    pub bugs: Vec<Bug>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            algorithm: Algorithm::Oral,
            traitors: 1,
            commander: Commander::Rotates,
            round: Span::millis(50),
            bugs: Vec::new(),
        }
    }
}

impl Config {
    /// From the beginning of one battle to that of the next: its m + 1 rounds, and one to rest.
    pub fn period(&self) -> Span {
        self.round * (u64::from(self.traitors) + 2)
    }

    /// Who commands a battle.
    pub fn commander_of(&self, battle: u64, generals: u32) -> NodeId {
        match self.commander {
            Commander::First => NodeId(0),
            Commander::Rotates => NodeId((battle % u64::from(generals.max(1))) as u32),
        }
    }
}

macro_rules! bugs {
    ($($name:ident $id:literal $about:literal $origin:literal $breaks:expr, $needs:expr;)*) => {
        /// A mistake.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(rename_all = "kebab-case")]
        pub enum Bug {
            $(#[doc = $about] $name,)*
        }

        impl Bug {
            /// Every mistake.
            pub const ALL: &'static [Bug] = &[$(Bug::$name),*];

            /// What is known of it.
            pub fn about(self) -> BugAbout {
                match self {
                    $(Bug::$name => BugAbout {
                        id: $id, about: $about, origin: $origin, breaks: $breaks, needs: $needs,
                    },)*
                }
            }
        }
    };
}

bugs! {
    OmOneRoundShort "om-one-round-short"
        "The generals decide after m rounds."
        "m + 1 rounds are needed: Fischer and Lynch, A lower bound for the time to assure interactive consistency, 1982"
        &["ic1", "ic2"], &[];
    OmMajorityWithoutOwn "om-majority-without-own"
        "A lieutenant leaves what he heard himself out of the majority."
        "a slip in restating step 3 of OM(m)"
        &["ic1", "ic2"], &[];
    OmMissingSkipped "om-missing-skipped"
        "A message that did not come is left out instead of counting as retreat."
        "A3 and the default value of section 3"
        &["ic1"], &[FaultKind::Silence];
    OmFlatVote "om-flat-vote"
        "All that was heard in the last round is counted in one bag, instead of majorities of majorities."
        "a common mistake in implementations; with m = 1 it makes no difference"
        &["ic1", "ic2"], &[];
    OmPathNotAuthenticated "om-path-not-authenticated"
        "A message counts whoever sent it, by the path that it claims."
        "A2 of section 3"
        &["ic1", "ic2"], &[FaultKind::Forge];
    OmCommanderInSubmajority "om-commander-in-submajority"
        "What the commander said is counted again in the votes about what others said."
        "a slip in the recursion: OM(m - 1) has one general fewer"
        &["ic1"], &[];
    SmNoRelayLast "sm-no-relay-last"
        "What is new in the last round but one is not passed on."
        "SM(m), step 2(B)"
        &["ic1"], &[];
    SmChoiceByArrival "sm-choice-by-arrival"
        "Of several orders a lieutenant obeys the one that came first."
        "choice(V) of section 4 depends on the set alone"
        &["ic1"], &[];
}
