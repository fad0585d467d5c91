//! What the log carries for clients: requests as bytes. An entry without data is the crate's own.

use splitbrain::prelude::{Kv, KvOp, NodeId, Request, RequestId};

/// How many words a request takes: whose it is, its number, the oldest still open, what is asked, and on what.
const WORDS: usize = 7;

/// A request as bytes. None for what cannot be asked here: other members.
pub fn encode(request: &Request<Kv>) -> Option<Vec<u8>> {
    let (verb, key, value, expect) = match request.op {
        KvOp::Get { key } => (0, key, 0, 0),
        KvOp::Put { key, value } => (1, key, value, 0),
        KvOp::Append { key, value } => (2, key, value, 0),
        KvOp::Cas { key, expect: None, new } => (3, key, new, 0),
        KvOp::Cas { key, expect: Some(expect), new } => (4, key, new, expect),
        KvOp::Members { .. } => return None,
    };
    let client = request.id.client.index() as u64;
    let (number, oldest) = (request.id.number.into(), request.oldest.into());
    let words: [u64; WORDS] = [client, number, oldest, verb, key.into(), value, expect];
    Some(words.iter().flat_map(|word| word.to_le_bytes()).collect())
}

/// The request in these bytes, if they are one.
pub fn decode(bytes: &[u8]) -> Option<Request<Kv>> {
    let (words, rest) = bytes.as_chunks::<8>();
    let words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
    let &[client, number, oldest, verb, key, value, expect] = &words[..] else { return None };
    let narrow = |word: u64| u32::try_from(word).ok();
    let key = narrow(key).filter(|_| rest.is_empty())?;
    let op = match verb {
        0 => KvOp::Get { key },
        1 => KvOp::Put { key, value },
        2 => KvOp::Append { key, value },
        3 => KvOp::Cas { key, expect: None, new: value },
        4 => KvOp::Cas { key, expect: Some(expect), new: value },
        _ => return None,
    };
    let id = RequestId { client: NodeId::client(narrow(client)?), number: narrow(number)? };
    Some(Request { id, oldest: narrow(oldest)?, op })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_come_back_as_they_went() {
        let (key, value, new) = (7, u64::MAX, 3);
        let ops = [
            KvOp::Get { key },
            KvOp::Put { key, value },
            KvOp::Append { key, value },
            KvOp::Cas { key, expect: None, new },
            KvOp::Cas { key, expect: Some(9), new },
        ];
        for op in ops {
            let id = RequestId { client: NodeId::client(2), number: 41 };
            let request = Request { id, oldest: 40, op };
            let bytes = encode(&request).expect("it can be asked");
            assert_eq!(decode(&bytes), Some(request));
            assert_eq!(decode(&bytes[1..]), None);
            assert_eq!(decode(&[]), None);
        }
    }
}
