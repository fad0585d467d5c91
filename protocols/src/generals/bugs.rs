//! Mistakes that people have made with the generals, to be switched on one at a time.

use crate::planted::planted_bugs;

planted_bugs! {
    OmOneRoundShort "om-one-round-short" ["ic1" "ic2"] [Equivocate]
        "The generals decide after m rounds.",
        "m + 1 rounds are needed: Fischer and Lynch, \"A lower bound for the time to assure interactive \
         consistency\", 1982";
    OmMajorityWithoutOwn "om-majority-without-own" ["prescribed-choice" "ic1" "ic2"] [Equivocate]
        "A lieutenant leaves what he heard himself out of the majority.",
        "a slip in restating step 3 of OM(m)";
    OmMissingSkipped "om-missing-skipped" ["prescribed-choice" "ic1"] [Silence]
        "A message that did not come is left out instead of counting as retreat.",
        "A3 and the default value of section 3";
    OmFlatVote "om-flat-vote" ["prescribed-choice" "ic1" "ic2"] [Equivocate]
        "All that was heard in the last round is counted in one bag, instead of majorities of majorities.",
        "a common mistake in implementations; with m = 1 it makes no difference";
    OmPathNotAuthenticated "om-path-not-authenticated" ["ic1" "ic2"] [Forge]
        "A message counts whoever sent it, by the path that it claims.",
        "A2 of section 3";
    OmCommanderInSubmajority "om-commander-in-submajority" ["prescribed-choice" "ic1"] [Equivocate]
        "What the commander said is counted again in the votes about what others said.",
        "a slip in the recursion: OM(m - 1) has one general fewer";
    SmNoRelayLast "sm-no-relay-last" ["ic1"] [Equivocate]
        "What is new in the last round but one is not passed on.",
        "SM(m), step 2(B)";
    SmChoiceByArrival "sm-choice-by-arrival" ["prescribed-choice" "ic1"] [Equivocate]
        "Of several orders a lieutenant obeys the one that came first.",
        "choice(V) of section 4 depends on the set alone";
}
