//! A protocol's mistakes as an enum and a set of bits, declared in one table.

/// Declares the enum `Bug` with what is known of each, and the set `Bugs` that the protocol asks.
macro_rules! planted_bugs {
    ($(
        $bug:ident $id:literal [$($breaks:literal)+] [$($needs:ident)*] $words:literal,
        $origin:literal;
    )+) => {
        /// A mistake.
        #[derive(
            Clone,
            Copy,
            Debug,
            PartialEq,
            Eq,
            PartialOrd,
            Ord,
            Hash,
            serde::Serialize,
            serde::Deserialize,
            schemars::JsonSchema,
        )]
        #[serde(rename_all = "kebab-case")]
        pub enum Bug {
            $(#[doc = concat!($words, " Origin: ", $origin, ".")] $bug,)+
        }

        impl Bug {
            /// Every mistake, in the order of the protocol's parts.
            pub const ALL: &'static [Bug] = &[$(Bug::$bug),+];

            /// What is known of it.
            pub fn about(self) -> $crate::protocol::BugAbout {
                match self {
                    $(Bug::$bug => $crate::protocol::BugAbout {
                        id: $id,
                        origin: $origin,
                        breaks: &[$($breaks),+],
                        needs: &[$(sim_core::fault::FaultKind::$needs),*],
                        about: $words,
                    },)+
                }
            }

            /// The mistake with this id.
            pub fn named(id: &str) -> Option<Bug> {
                Bug::ALL.iter().copied().find(|bug| bug.about().id == id)
            }
        }

        /// The mistakes that are switched on.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
        pub struct Bugs(u64);

        impl Bugs {
            /// These mistakes.
            pub fn of(bugs: &[Bug]) -> Bugs {
                Bugs(bugs.iter().fold(0, |bits, bug| bits | 1 << *bug as u64))
            }

            /// Whether this one is on.
            #[inline]
            pub fn on(self, bug: Bug) -> bool {
                self.0 & 1 << bug as u64 != 0
            }
        }

        #[cfg(test)]
        #[test]
        fn scenario_files_name_bugs_by_their_ids() {
            assert!(Bug::ALL.len() <= 64, "they are bits of one word");
            for bug in Bug::ALL {
                assert_eq!(serde_json::to_value(bug).unwrap(), bug.about().id);
            }
        }
    };
}
pub(crate) use planted_bugs;

/// What [`Protocol`](crate::protocol::Protocol) asks about mistakes, for a configuration that has them as `bugs`.
/// `unmasked` says that [`Bug::config`] changes what would hide one.
macro_rules! plants {
    ($bug:ty) => {
        fn bugs() -> Vec<$crate::protocol::BugAbout> {
            <$bug>::ALL.iter().map(|bug| bug.about()).collect()
        }

        fn plant(config: &mut Self::Config, bug: &str) -> bool {
            let bug = <$bug>::named(bug);
            config.bugs.extend(bug);
            bug.is_some()
        }

        fn is_mutated(config: &Self::Config) -> bool {
            !config.bugs.is_empty()
        }
    };
    ($bug:ty, unmasked) => {
        $crate::planted::plants!($bug);

        fn unmask(config: &mut Self::Config, bug: &str) {
            if let Some(bug) = <$bug>::named(bug) {
                bug.config(config);
            }
        }
    };
}
pub(crate) use plants;
