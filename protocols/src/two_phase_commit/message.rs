//! What is sent and what is written.

use crate::session::Sessions;
use checkers::model::bank::{Bank, BankReply, Found, Step};
use serde::Serialize;
use sim_core::{NodeId, RequestId};

/// A transaction: its coordinator's life, and its number in that. A smaller one is older.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct Tx(pub u64);

impl Tx {
    /// The transaction with this number, of a life.
    pub fn new(life: u32, number: u32) -> Tx {
        Tx(u64::from(life) << 32 | u64::from(number))
    }
}

/// A message between the coordinator and a participant, or between participants.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Message {
    /// To a participant: "do this, and keep what you lock".
    Work {
        /// The transaction.
        tx: Tx,
        /// Every transaction before this one is over, as far as the coordinator is concerned.
        floor: Tx,
        /// The request that it is done for: for people, and for those who check.
        request: RequestId,
        /// What is to be done.
        steps: Vec<Step>,
    },
    /// To the coordinator: "it is done".
    Done {
        /// The transaction.
        tx: Tx,
        /// The participant's life in which it is.
        life: u32,
        /// What was found.
        found: Vec<Found>,
    },
    /// To the coordinator: "it is not done, and will not be".
    Failed {
        /// The transaction.
        tx: Tx,
    },
    /// To a participant: "it comes to nothing", before anybody was asked to prepare.
    Rollback {
        /// The transaction.
        tx: Tx,
    },
    /// PREPARE: "can you commit?"
    Prepare {
        /// The transaction.
        tx: Tx,
        /// Every transaction before this one is over.
        floor: Tx,
        /// The participant's life in which it did its part.
        life: u32,
        /// Who has something to commit, the receiver included.
        peers: Vec<NodeId>,
    },
    /// VOTE.
    Vote {
        /// The transaction.
        tx: Tx,
        /// What it says.
        vote: Vote,
    },
    /// COMMIT or ABORT; also the answer to an inquiry.
    Decision {
        /// The transaction.
        tx: Tx,
        /// Which.
        commits: bool,
    },
    /// ACK: "my disk has the outcome".
    Ack {
        /// The transaction.
        tx: Tx,
    },
    /// To the coordinator: "what was decided?"
    Inquiry {
        /// The transaction.
        tx: Tx,
    },
    /// To another participant: "do you know what was decided?"
    PeerInquiry {
        /// The transaction.
        tx: Tx,
    },
    /// The answer to that.
    PeerAnswer {
        /// The transaction.
        tx: Tx,
        /// Whether it commits; none when the other is in doubt as well, or has forgotten.
        commits: Option<bool>,
    },
}

/// What a participant votes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Vote {
    /// It will commit if it is told to, come what may.
    Yes,
    /// It has aborted.
    No {
        /// Whether an account does not hold enough.
        declined: bool,
    },
    /// It has only read, and does not care.
    ReadOnly,
}

impl Message {
    /// The kinds, in the order of [`Message::kind`].
    pub const KINDS: &'static [&'static str] = &[
        "work",
        "done",
        "failed",
        "rollback",
        "prepare",
        "vote",
        "decision",
        "ack",
        "inquiry",
        "peer-inquiry",
        "peer-answer",
    ];

    /// Its place among them.
    pub fn kind(&self) -> usize {
        match self {
            Message::Work { .. } => 0,
            Message::Done { .. } => 1,
            Message::Failed { .. } => 2,
            Message::Rollback { .. } => 3,
            Message::Prepare { .. } => 4,
            Message::Vote { .. } => 5,
            Message::Decision { .. } => 6,
            Message::Ack { .. } => 7,
            Message::Inquiry { .. } => 8,
            Message::PeerInquiry { .. } => 9,
            Message::PeerAnswer { .. } => 10,
        }
    }

    /// Bytes on the wire: a header, and what there is beside it.
    pub fn size(&self) -> u32 {
        let found = |found: &Found| match found {
            Found::Balance(_) => 8,
            Found::List(list) => 8 * list.len() as u32,
        };
        32 + match self {
            Message::Work { steps, .. } => 16 * steps.len() as u32,
            Message::Done { found: all, .. } => all.iter().map(found).sum(),
            Message::Prepare { peers, .. } => 4 * peers.len() as u32,
            _ => 0,
        }
    }
}

/// What a transaction changes: what an item is afterwards.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Write {
    /// An account holds so much.
    Balance {
        /// Which.
        account: u32,
        /// How much.
        balance: u64,
    },
    /// A list ends with these.
    Append {
        /// Which.
        key: u32,
        /// What is put at its end.
        values: Vec<u64>,
    },
}

/// What a client was answered. Its request is not done again.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Answered {
    /// The request.
    pub id: RequestId,
    /// The client has its answer to every request below this.
    pub oldest: u32,
    /// The answer.
    pub reply: BankReply,
}

/// A record of a log: the coordinator's or a participant's.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Record {
    /// A life begins.
    Boot {
        /// The how manieth.
        life: u32,
    },
    /// INITIATION, also called COLLECTING: these are asked to prepare (presumed commit).
    Initiation {
        /// The transaction.
        tx: Tx,
        /// Who takes part.
        sites: Vec<NodeId>,
    },
    /// COMMIT or ABORT, by the coordinator.
    Decision {
        /// The transaction.
        tx: Tx,
        /// Which.
        commits: bool,
        /// Who is told.
        sites: Vec<NodeId>,
        /// What the client is answered.
        answer: Answered,
    },
    /// END: nobody will ask again.
    End {
        /// The transaction.
        tx: Tx,
    },
    /// A client is answered, of what leaves no other record.
    Answered(Answered),
    /// PREPARED: what has to be done if it commits, and thereby what stays locked.
    Prepared {
        /// The transaction.
        tx: Tx,
        /// Who has something to commit, itself included: whoever else may know how it ends.
        peers: Vec<NodeId>,
        /// What it changes.
        writes: Vec<Write>,
    },
    /// COMMITTED or ABORTED, by a participant.
    Outcome {
        /// The transaction.
        tx: Tx,
        /// Which.
        commits: bool,
    },
    /// All that came before, of a coordinator.
    Coordinator(Box<CoordinatorCheckpoint>),
    /// All that came before, of a participant.
    Participant(Box<ParticipantCheckpoint>),
}

/// What a coordinator's log comes to.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize)]
pub struct CoordinatorCheckpoint {
    /// Its life.
    pub life: u32,
    /// Transactions without END: what was decided, if anything, and who is to be told.
    pub open: Vec<(Tx, Option<bool>, Vec<NodeId>)>,
    /// What clients were answered.
    pub sessions: Sessions<BankReply>,
}

/// What a participant's log comes to.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize)]
pub struct ParticipantCheckpoint {
    /// Its life.
    pub life: u32,
    /// Transactions before this one are over for the coordinator.
    pub floor: Tx,
    /// What is committed.
    pub bank: Bank,
    /// What is in doubt.
    pub in_doubt: Vec<(Tx, Vec<NodeId>, Vec<Write>)>,
    /// Outcomes that somebody may still ask for.
    pub outcomes: Vec<(Tx, bool)>,
}
