//! Signed zones on this machine, and somebody who answers for all of them as a resolver would, or lies.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use hickory_resolver::proto::dnssec::crypto::EcdsaSigningKey;
use hickory_resolver::proto::dnssec::rdata::sig::SigInput;
use hickory_resolver::proto::dnssec::rdata::{DNSKEY, DNSSECRData, DS, NSEC, NSEC3, RRSIG};
use hickory_resolver::proto::dnssec::{Algorithm, DigestType, Nsec3HashAlgorithm, SigningKey as _, TBS};
use hickory_resolver::proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_resolver::proto::rr::rdata::{NS, SOA};
use hickory_resolver::proto::rr::{DNSClass, Name, RData, Record, RecordType, SerialNumber};

/// How a zone denies what it does not have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Denial {
    Nsec,
    Nsec3 { opt_out: bool },
}

/// A zone with its key.
pub(super) struct Zone {
    name: Name,
    /// What signs, and the tag that stands in its signatures.
    signer: Option<(EcdsaSigningKey, u16)>,
    key: Option<DNSKEY>,
    /// From when until when its signatures hold, in seconds from now.
    window: (i64, i64),
    denial: Denial,
    records: BTreeMap<(Name, RecordType), Vec<Record>>,
}

/// All zones, parents first.
pub(super) struct Hierarchy(Vec<Zone>);

/// What becomes of an answer on its way.
pub(super) type Tamper = Box<dyn Fn(&Query, &mut Message) + Send>;

const TTL: u32 = 60;

pub(super) fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

/// The data of `MX 10 mx.test.`.
fn data(text: &str) -> RData {
    let (kind, data) = text.split_once(' ').unwrap();
    RData::try_from_str(kind.parse().unwrap(), data).unwrap()
}

fn made() -> (EcdsaSigningKey, DNSKEY) {
    let algorithm = Algorithm::ECDSAP256SHA256;
    let key = EcdsaSigningKey::from_pkcs8(&EcdsaSigningKey::generate_pkcs8(algorithm).unwrap(), algorithm).unwrap();
    let public = DNSKEY::from_key(&key.to_public_key().unwrap());
    (key, public)
}

impl Zone {
    /// A zone that is signed from an hour ago for a day, with what stands in these lines: `mx A 192.0.2.1`.
    pub(super) fn new(apex: &str, lines: &[&str]) -> Self {
        let apex = name(apex);
        let (signer, key) = made();
        let mut zone = Self {
            name: apex.clone(),
            signer: Some((signer, key.calculate_key_tag().unwrap())),
            key: Some(key.clone()),
            window: (-3600, 86400),
            denial: Denial::Nsec,
            records: BTreeMap::new(),
        };
        zone.add(&apex, RData::SOA(SOA::new(apex.clone(), apex.clone(), 1, 60, 60, 60, 60)));
        zone.add(&apex, RData::NS(NS(name("ns.test."))));
        zone.add(&apex, RData::DNSSEC(DNSSECRData::DNSKEY(key)));
        for line in lines {
            let (owner, rest) = line.split_once(' ').unwrap();
            let owner = if owner == "@" { apex.clone() } else { name(owner).append_domain(&apex).unwrap() };
            zone.add(&owner, data(rest));
        }
        zone
    }

    pub(super) fn unsigned(mut self) -> Self {
        self.records.remove(&(self.name.clone(), RecordType::DNSKEY));
        Self { signer: None, key: None, ..self }
    }

    pub(super) fn window(self, from: i64, to: i64) -> Self {
        Self { window: (from, to), ..self }
    }

    pub(super) fn denial(self, denial: Denial) -> Self {
        Self { denial, ..self }
    }

    /// Signs with a key that nobody has heard of.
    pub(super) fn signed_by_a_stranger(self) -> Self {
        let (stranger, key) = made();
        Self { signer: Some((stranger, key.calculate_key_tag().unwrap())), ..self }
    }

    fn add(&mut self, owner: &Name, data: RData) {
        let records = self.records.entry((owner.clone(), data.record_type())).or_default();
        records.push(Record::from_rdata(owner.clone(), TTL, data));
    }

    /// A signed record that says that nothing is between this zone and that name.
    pub(super) fn signed_denial(&self, next: &str) -> Vec<Record> {
        let data = RData::DNSSEC(DNSSECRData::NSEC(NSEC::new(name(next), [RecordType::NS, RecordType::SOA])));
        self.signed(&[Record::from_rdata(self.name.clone(), TTL, data)], &self.name)
    }

    fn exists(&self, owner: &Name) -> bool {
        self.records.keys().any(|(known, _)| owner.zone_of(known))
    }

    /// The set with its signature, as it is at this name: that of a wildcard takes the name that was asked for.
    fn signed(&self, set: &[Record], owner: &Name) -> Vec<Record> {
        let first = set.first().unwrap();
        let mut signed = set.to_vec();
        let is_delegation = first.record_type() == RecordType::NS && first.name != self.name;
        if let Some((key, tag)) = self.signer.as_ref().filter(|_| !is_delegation) {
            let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
            let time = |offset: i64| SerialNumber::new(u32::try_from(now + offset).unwrap());
            let input = SigInput {
                type_covered: first.record_type(),
                algorithm: key.algorithm(),
                num_labels: first.name.num_labels(),
                original_ttl: TTL,
                sig_expiration: time(self.window.1),
                sig_inception: time(self.window.0),
                key_tag: *tag,
                signer_name: self.name.clone(),
            };
            let signed_text = TBS::from_input(&first.name, DNSClass::IN, &input, signed.iter()).unwrap();
            let signature = RRSIG::from_sig(input, key.sign(&signed_text).unwrap());
            signed.push(Record::from_rdata(first.name.clone(), TTL, RData::DNSSEC(DNSSECRData::RRSIG(signature))));
        }
        signed.iter_mut().for_each(|record| record.name = owner.clone());
        signed
    }

    fn closest_encloser(&self, owner: &Name) -> Name {
        let mut name = owner.base_name();
        while !self.exists(&name) {
            name = name.base_name();
        }
        name
    }

    /// Fills in what this zone says, and whether more is to be asked.
    fn answer(&self, owner: &Name, kind: RecordType, message: &mut Message) -> Option<Name> {
        let wildcard = self.closest_encloser(owner).prepend_label("*").unwrap();
        let is_wild = !self.exists(owner) && self.exists(&wildcard);
        let source = if is_wild { &wildcard } else { owner };
        for found in [kind, RecordType::CNAME] {
            let Some(set) = self.records.get(&(source.clone(), found)) else { continue };
            message.answers.extend(self.signed(set, owner));
            if is_wild {
                message.authorities.extend(self.denials(owner, &wildcard));
            }
            return match &set.first().unwrap().data {
                RData::CNAME(target) if kind != RecordType::CNAME => Some(target.0.clone()),
                _ => None,
            };
        }
        if !self.exists(source) {
            message.metadata.response_code = ResponseCode::NXDomain;
        }
        let soa = self.records.get(&(self.name.clone(), RecordType::SOA)).unwrap();
        message.authorities.extend(self.signed(soa, &self.name));
        message.authorities.extend(self.denials(owner, &wildcard));
        None
    }

    /// What denies a name, or a type of it, and the wildcard.
    pub(super) fn denials(&self, owner: &Name, wildcard: &Name) -> Vec<Record> {
        if self.signer.is_none() {
            return Vec::new();
        }
        let mut owners: Vec<Name> = self.records.keys().map(|(owner, _)| owner.clone()).collect();
        if self.denial != Denial::Nsec {
            let parents = owners.clone().into_iter().flat_map(|owner| {
                std::iter::successors(Some(owner), |owner| Some(owner.base_name()))
                    .take_while(|one| self.name.zone_of(one))
            });
            owners = parents.collect();
        }
        owners.sort();
        owners.dedup();
        let kinds = |owner: &Name| {
            let own = self.records.keys().filter(|(known, _)| known == owner).map(|(_, kind)| *kind);
            own.chain([RecordType::RRSIG]).collect::<Vec<_>>()
        };
        let mut denials: Vec<Record> = Vec::new();
        match self.denial {
            Denial::Nsec => {
                let is_there = owners.contains(owner);
                for asked in [owner, wildcard] {
                    let at = owners.iter().rposition(|one| one <= asked).unwrap_or(owners.len() - 1);
                    let next = owners[(at + 1) % owners.len()].clone();
                    let covering = kinds(&owners[at]).into_iter().chain([RecordType::NSEC]);
                    let data = RData::DNSSEC(DNSSECRData::NSEC(NSEC::new(next, covering)));
                    denials.push(Record::from_rdata(owners[at].clone(), TTL, data));
                    if is_there {
                        break;
                    }
                }
            }
            Denial::Nsec3 { opt_out } => {
                let hash = |name: &Name| Nsec3HashAlgorithm::SHA1.hash(&[], name, 0).unwrap().as_ref().to_vec();
                let mut hashes: Vec<(Vec<u8>, &Name)> = owners.iter().map(|owner| (hash(owner), owner)).collect();
                hashes.sort();
                let encloser = self.closest_encloser(owner);
                let next_closer = owner.trim_to(usize::from(encloser.num_labels()) + 1);
                let asked = match self.exists(owner) {
                    true => vec![owner.clone()],
                    false => vec![encloser, next_closer, wildcard.clone()],
                };
                for asked in asked {
                    let at = hashes.iter().rposition(|(one, _)| *one <= hash(&asked)).unwrap_or(hashes.len() - 1);
                    let next = hashes[(at + 1) % hashes.len()].0.clone();
                    let algorithm = Nsec3HashAlgorithm::SHA1;
                    let label = |hash: Vec<u8>| NSEC3::new(algorithm, false, 0, Vec::new(), hash, []);
                    let label = label(hashes[at].0.clone()).next_hashed_owner_name_base32().unwrap().clone();
                    let data = NSEC3::new(algorithm, opt_out, 0, Vec::new(), next, kinds(hashes[at].1));
                    let owner = self.name.prepend_label(label).unwrap();
                    denials.push(Record::from_rdata(owner, TTL, RData::DNSSEC(DNSSECRData::NSEC3(data))));
                }
            }
        }
        let mut signed: Vec<Record> = Vec::new();
        for denial in denials {
            if !signed.contains(&denial) {
                signed.extend(self.signed(std::slice::from_ref(&denial), &denial.name));
            }
        }
        signed
    }
}

impl Hierarchy {
    /// Zones, parents first. Each signed one is announced by its parent's DS record.
    pub(super) fn new(zones: Vec<Zone>) -> Self {
        let mut zones = zones.into_iter();
        let mut hierarchy = Self(zones.by_ref().take(1).collect());
        zones.for_each(|zone| hierarchy.join(zone));
        hierarchy
    }

    /// One more zone below those that are there.
    pub(super) fn join(&mut self, zone: Zone) {
        let (child, key) = (zone.name.clone(), zone.key.clone());
        let digest = key.map(|key| DS::from_key(key.public_key(), &child, DigestType::SHA256).unwrap());
        let parent = self.parent(&child);
        parent.add(&child, RData::NS(NS(name("ns.test."))));
        if let Some(digest) = digest {
            parent.add(&child, RData::DNSSEC(DNSSECRData::DS(digest)));
        }
        self.0.push(zone);
    }

    fn parent(&mut self, child: &Name) -> &mut Zone {
        let above = self.0.iter_mut().filter(|zone| zone.name != *child && zone.name.zone_of(child));
        above.max_by_key(|zone| zone.name.num_labels()).unwrap()
    }

    /// Puts another DS record in the place of a zone's own.
    pub(super) fn announce(&mut self, child: &str, digest: DS) {
        let child = name(child);
        let parent = self.parent(&child);
        parent.records.remove(&(child.clone(), RecordType::DS));
        parent.add(&child, RData::DNSSEC(DNSSECRData::DS(digest)));
    }

    /// The key of a zone.
    pub(super) fn key(&self, zone: &str) -> DNSKEY {
        self.zone(zone).key.clone().unwrap()
    }

    pub(super) fn zone(&self, zone: &str) -> &Zone {
        self.0.iter().find(|one| one.name == name(zone)).unwrap()
    }

    fn answer(&self, query: &Query) -> Message {
        let mut message = Message::new(0, MessageType::Response, OpCode::Query);
        message.metadata.recursion_available = true;
        let kind = query.query_type();
        let mut next = Some(query.name().clone());
        while let Some(owner) = next {
            let holds = |zone: &&Zone| {
                let is_parents = kind == RecordType::DS && zone.name == owner && !owner.is_root();
                zone.name.zone_of(&owner) && !is_parents
            };
            let zone = self.0.iter().filter(holds).max_by_key(|zone| zone.name.num_labels()).unwrap();
            next = zone.answer(&owner, kind, &mut message);
        }
        message.queries.push(query.clone());
        message
    }

    /// Answers as long as the tests run.
    pub(super) fn respond(self, tamper: Tamper) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok((length, peer)) = socket.recv_from(&mut buffer) {
                let query = Message::from_vec(&buffer[..length]).unwrap();
                let question = query.queries.first().unwrap();
                let mut message = self.answer(question);
                tamper(question, &mut message);
                message.metadata.id = query.id;
                socket.send_to(&message.to_vec().unwrap(), peer).unwrap();
            }
        });
        address
    }
}
