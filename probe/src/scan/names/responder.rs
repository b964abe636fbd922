//! A DNS server on this machine that knows a few names.

use std::net::{SocketAddr, UdpSocket};
use std::thread;

use hickory_resolver::proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, CAA, MX, TLSA, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};

/// What is answered to questions about a name.
#[derive(Clone, Copy)]
pub(crate) enum Answers {
    /// The records of the kind that is asked for: `A 192.0.2.1`, `MX 10 mx.test.`.
    Records(&'static [&'static str]),
    /// That the server failed.
    Failure,
    /// This address, and a failure to everything else.
    OnlyV4(&'static str),
}

/// Answers as long as the tests run; other names do not exist.
pub(crate) fn respond(zone: &[(&'static str, Answers)]) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let zone = zone.to_vec();
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok((length, peer)) = socket.recv_from(&mut buffer) {
            let query = Message::from_vec(&buffer[..length]).unwrap();
            socket.send_to(&answer(&zone, &query).to_vec().unwrap(), peer).unwrap();
        }
    });
    address
}

fn answer(zone: &[(&'static str, Answers)], query: &Message) -> Message {
    let question = query.queries.first().unwrap().clone();
    let mut message = Message::new(query.id, MessageType::Response, OpCode::Query);
    message.metadata.recursion_available = true;
    message.metadata.recursion_desired = true;
    let name = question.name().to_lowercase().to_ascii();
    let kind = question.query_type();
    match zone.iter().find(|(known, _)| *known == name).map(|(_, answers)| *answers) {
        None => message.metadata.response_code = ResponseCode::NXDomain,
        Some(Answers::Failure) => message.metadata.response_code = ResponseCode::ServFail,
        Some(Answers::OnlyV4(_)) if kind != RecordType::A => message.metadata.response_code = ResponseCode::ServFail,
        Some(Answers::OnlyV4(address)) => {
            message.answers.push(record(question.name(), RData::A(A(address.parse().unwrap()))));
        }
        Some(Answers::Records(records)) => {
            let data = records.iter().map(|text| data(text)).filter(|data| data.record_type() == kind);
            message.answers.extend(data.map(|data| record(question.name(), data)));
        }
    }
    message.queries.push(question);
    message
}

fn record(name: &Name, data: RData) -> Record {
    Record::from_rdata(name.clone(), 60, data)
}

fn data(text: &str) -> RData {
    let words: Vec<&str> = text.split(' ').collect();
    match words.as_slice() {
        ["TXT", words @ ..] => RData::TXT(TXT::new(vec![words.join(" ")])),
        ["TLSA", usage, selector, matching, hex] => {
            let number = |word: &str| word.parse::<u8>().unwrap();
            let bytes = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
            RData::TLSA(TLSA::new(
                number(usage).into(),
                number(selector).into(),
                number(matching).into(),
                bytes.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect(),
            ))
        }
        ["CAA", "0", "issue", ca] => RData::CAA(CAA::new_issue(false, Some(Name::from_ascii(ca).unwrap()), Vec::new())),
        ["A", address] => RData::A(A(address.parse().unwrap())),
        ["AAAA", address] => RData::AAAA(AAAA(address.parse().unwrap())),
        ["MX", preference, host] => RData::MX(MX::new(preference.parse().unwrap(), Name::from_ascii(host).unwrap())),
        _ => panic!("{text}"),
    }
}
