//! Questions: what clients ask that changes nothing. A service answers for its part, as things are; where several are
//! asked, each answers at its own time. Nothing keeps a saga's traces from whoever looks: isolation is not promised.

use super::Saga;
use super::message::Message;
use super::steps::Sagas;
use serde::Serialize;
use sim_core::{Context, Request, RequestId};
use std::collections::BTreeMap;

/// A question that was put to several services.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Question<S: Sagas> {
    op: S::Op,
    /// By service: what it has answered.
    parts: BTreeMap<u32, Option<S::Reply>>,
}

impl<S: Sagas> Saga<S> {
    /// A client asks a question.
    pub(super) fn on_question(&mut self, request: &Request<S>, ctx: &mut Context<Self>) {
        let services = S::asks(&request.op, self.layout.services);
        if let [service] = services[..] {
            let host = self.layout.host(service);
            if host != self.id {
                return ctx.refuse(request.id, Some(host));
            }
            let reply = self.look(&request.op, service, ctx);
            let reply = S::gather(&request.op, self.layout.services, vec![reply]);
            return reply.into_iter().for_each(|reply| ctx.reply(request.id, reply));
        }
        // A client asks one question at a time, and has no use for answers to an older one.
        self.questions.retain(|id, _| id.client != request.id.client);
        let parts = services.iter().map(|service| (*service, None)).collect();
        self.questions.insert(request.id, Question { op: request.op.clone(), parts });
        for service in services {
            let (id, op) = (request.id, request.op.clone());
            ctx.send(self.layout.host(service), Message::Query { id, op, service });
        }
    }

    /// A service has answered for its part.
    pub(super) fn on_part(
        &mut self,
        id: RequestId,
        service: u32,
        reply: &S::Reply,
        ctx: &mut Context<Self>,
    ) {
        let Some(question) = self.questions.get_mut(&id) else { return };
        question.parts.insert(service, Some(reply.clone()));
        let parts: Option<Vec<S::Reply>> = question.parts.values().cloned().collect();
        if let Some(reply) =
            parts.and_then(|parts| S::gather(&question.op, self.layout.services, parts))
        {
            ctx.reply(id, reply);
            self.questions.remove(&id);
        }
    }
}
