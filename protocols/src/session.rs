//! Client sessions: each request changes the state once, however often it comes (Ongaro, "Consensus:
//! Bridging Theory and Practice", 2014, section 6.3).
//!
//! The table is part of the state, and only what is executed changes it: where the state is replicated, every
//! server has the same table at the same index, and expires the same sessions.
//!
//! A session opens with a client's first request. The thesis has a RegisterClient call for that,
//! whose answer is a fresh id; here a client has one id for life, so what a closed session had done
//! must not be forgotten altogether: the highest number that it executed stays. A request above
//! that is surely new, and opens the session again; of one at or below it nobody can say whether it
//! was done.

use serde::Serialize;
use sim_core::{Context, Data, Fact, NodeId, Process, ReadPath, Request, RequestId, Service};
use std::collections::BTreeMap;

/// Does a request that is decided for a slot once, whatever the number of slots that carry it, and keeps at
/// most so many sessions. A leader answers the client.
pub fn execute<S: Service, P: Process<Service = S>>(
    service: &mut S,
    sessions: &mut Sessions<S::Reply>,
    request: &Request<S>,
    slot: u64,
    most: u32,
    leads: bool,
    ctx: &mut Context<P>,
) {
    let id = request.id;
    match sessions.find(id) {
        Known::New => {
            let reply = service.apply(&request.op);
            let (client, number) = (id.client.index() as u32, id.number);
            ctx.claim(Fact::Executes { slot, client, number });
            if leads {
                if S::is_read(&request.op) {
                    ctx.claim(Fact::Reads { by: ReadPath::Log });
                }
                ctx.reply(id, reply.clone());
            }
            sessions.record(id, request.oldest, reply, slot, most);
        }
        Known::Done(reply) if leads => {
            ctx.claim(deduplicates(id));
            ctx.reply(id, reply.clone());
        }
        Known::Expired if leads => ctx.expire(id),
        Known::Done(_) | Known::Expired | Known::Forgotten => {}
    }
}

/// Answers what needs no slot any more; whether it was so.
pub fn answer_old<S: Service, P: Process<Service = S>>(
    sessions: &Sessions<S::Reply>,
    id: RequestId,
    ctx: &mut Context<P>,
) -> bool {
    match sessions.find(id) {
        Known::New => return false,
        Known::Done(reply) => {
            ctx.claim(deduplicates(id));
            ctx.reply(id, reply.clone());
        }
        Known::Forgotten => {}
        Known::Expired => ctx.expire(id),
    }
    true
}

fn deduplicates(id: RequestId) -> Fact {
    Fact::Deduplicates { client: id.client.index() as u32, number: id.number }
}

/// What the table knows of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known<'a, R> {
    /// It was not done yet.
    New,
    /// It was done, and this was the reply.
    Done(&'a R),
    /// The client said that it has the answer, and will not ask again.
    Forgotten,
    /// The session is gone.
    Expired,
}

/// One client's session.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Session<R> {
    /// Requests below this number are answered and forgotten.
    oldest: u32,
    /// Requests up to this number belong to a session that expired.
    expired: u32,
    /// The highest number that was executed.
    highest: u32,
    /// When it was last used.
    used: u64,
    /// The replies that may still be asked for.
    replies: Vec<(u32, R)>,
}

impl<R> Session<R> {
    fn record(&mut self, number: u32, oldest: u32, reply: R, index: u64) {
        if oldest > self.oldest {
            self.oldest = oldest;
            self.replies.retain(|(number, _)| *number >= oldest);
        }
        self.used = index;
        self.highest = self.highest.max(number);
        self.replies.push((number, reply));
    }
}

/// The table of sessions, by client.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Sessions<R> {
    open: BTreeMap<u32, Session<R>>,
    /// The highest number that each closed session had executed.
    closed: BTreeMap<u32, u32>,
}

impl<R> Default for Sessions<R> {
    fn default() -> Self {
        Sessions { open: BTreeMap::new(), closed: BTreeMap::new() }
    }
}

impl<R: Data> Sessions<R> {
    /// What is known of a request.
    #[inline]
    pub fn find(&self, id: RequestId) -> Known<'_, R> {
        let client = id.client.index() as u32;
        let Some(session) = self.open.get(&client) else {
            let is_new = self.closed.get(&client).is_none_or(|highest| id.number > *highest);
            return if is_new { Known::New } else { Known::Expired };
        };
        if id.number <= session.expired {
            return Known::Expired;
        }
        if id.number < session.oldest {
            return Known::Forgotten;
        }
        match session.replies.iter().find(|(number, _)| *number == id.number) {
            Some((_, reply)) => Known::Done(reply),
            None => Known::New,
        }
    }

    /// Keeps the reply to a new request, and makes room for it if there are `most` sessions already.
    pub fn record(&mut self, id: RequestId, oldest: u32, reply: R, index: u64, most: u32) {
        let client = id.client.index() as u32;
        if let Some(session) = self.open.get_mut(&client) {
            return session.record(id.number, oldest, reply, index);
        }
        while self.open.len() >= most as usize {
            self.expire_one();
        }
        let expired = self.closed.remove(&client).unwrap_or(0);
        let (highest, replies) = (expired, Vec::new());
        let mut session = Session { oldest, expired, highest, used: index, replies };
        session.record(id.number, oldest, reply, index);
        self.open.insert(client, session);
    }

    /// Closes the session that was used least recently: the same one on every server.
    fn expire_one(&mut self) {
        let oldest = self.open.iter().min_by_key(|(_, session)| session.used);
        let Some((client, highest)) = oldest.map(|(client, s)| (*client, s.highest)) else {
            return;
        };
        self.open.remove(&client);
        self.closed.insert(client, highest);
    }

    /// Forgets which sessions were closed.
    pub(crate) fn forget_closed(&mut self) {
        self.closed.clear();
    }

    /// Cuts the table into so many slices; put together they are the table again.
    pub(crate) fn slices(&self, count: usize) -> impl Fn(usize) -> Sessions<R> + '_ {
        let part = move |len: usize, nth: usize| len * nth / count..len * (nth + 1) / count;
        move |nth| {
            let open = part(self.open.len(), nth);
            let closed = part(self.closed.len(), nth);
            let open = self.open.iter().skip(open.start).take(open.len());
            let closed = self.closed.iter().skip(closed.start).take(closed.len());
            Sessions {
                open: open.map(|(client, session)| (*client, session.clone())).collect(),
                closed: closed.map(|(client, highest)| (*client, *highest)).collect(),
            }
        }
    }

    /// Adds a slice.
    pub(crate) fn merge(&mut self, slice: &Sessions<R>) {
        self.open.extend(slice.open.iter().map(|(client, session)| (*client, session.clone())));
        self.closed.extend(&slice.closed);
    }

    /// Every answer that is kept.
    pub fn answers(&self) -> impl Iterator<Item = (RequestId, &R)> {
        self.open.iter().flat_map(|(client, session)| {
            let id = |number| RequestId { client: NodeId::client(*client), number };
            session.replies.iter().map(move |(number, reply)| (id(*number), reply))
        })
    }

    /// How many sessions are open or remembered.
    pub fn len(&self) -> usize {
        self.open.len() + self.closed.len()
    }

    /// Whether no session was ever opened.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::NodeId;

    fn id(client: u32, number: u32) -> RequestId {
        RequestId { client: NodeId::client(client), number }
    }

    #[test]
    fn a_request_is_new_once_and_then_has_its_answer() {
        let mut sessions = Sessions::default();
        assert_eq!(sessions.find(id(0, 1)), Known::New);
        sessions.record(id(0, 1), 1, "one", 5, 9);
        sessions.record(id(0, 3), 1, "three", 6, 9);
        assert_eq!(sessions.find(id(0, 1)), Known::Done(&"one"));
        assert_eq!(sessions.find(id(0, 2)), Known::New, "requests may overtake each other");
        sessions.record(id(0, 4), 3, "four", 7, 9);
        assert_eq!(sessions.find(id(0, 1)), Known::Forgotten);
        assert_eq!(sessions.find(id(0, 3)), Known::Done(&"three"));
    }

    #[test]
    fn a_session_that_expired_takes_new_requests_and_never_an_old_one() {
        let mut sessions = Sessions::default();
        sessions.record(id(0, 1), 1, 1, 1, 2);
        sessions.record(id(1, 1), 1, 1, 2, 2);
        sessions.record(id(0, 2), 1, 2, 3, 2);
        sessions.record(id(2, 1), 1, 1, 4, 2);
        assert_eq!(sessions.find(id(1, 1)), Known::Expired, "the least recently used went");
        assert_eq!(sessions.find(id(0, 2)), Known::Done(&2));
        assert_eq!(sessions.find(id(1, 2)), Known::New);
        sessions.record(id(1, 2), 1, 2, 5, 2);
        assert_eq!(sessions.find(id(1, 1)), Known::Expired, "not even when it is open again");
        assert_eq!(sessions.find(id(1, 2)), Known::Done(&2));
    }

    #[test]
    fn slices_put_together_are_the_table() {
        let mut sessions = Sessions::default();
        for client in 0..7 {
            sessions.record(id(client, 1), 1, client, u64::from(client), 5);
        }
        for count in 1..10 {
            let slice = sessions.slices(count);
            let mut whole = Sessions::default();
            (0..count).for_each(|nth| whole.merge(&slice(nth)));
            assert_eq!(whole, sessions);
        }
    }
}
