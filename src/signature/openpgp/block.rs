//! The packets of a signature block, without what anybody can write into them.

use foreign::Foreign;
use sequoia_openpgp as pgp;

use pgp::packet::signature::subpacket::{Subpacket, SubpacketValue};
use pgp::packet::{Packet, Signature};
use pgp::parse::{PacketParser, PacketParserResult, Parse};
use pgp::policy::Policy as _;
use pgp::serialize::Serialize as _;

use crate::limits;
use crate::signature::error::Error;
use crate::signature::policy::Policy;

/// The signature packets in `armor`, in binary form.
///
/// The block must hold signature packets and nothing else, and not too many. What is in a signature's unhashed area was not
/// signed, and everybody who passes a tag on can change it. So all of it goes, except for one hint: which key to look for, if
/// the signed part does not say so, as in signatures of old versions of GnuPG. That hint decides only which keys are tried.
pub fn packets(armor: &[u8], policy: &Policy) -> Result<Vec<u8>, Error> {
    let (mut binary, mut left_out) = (Vec::new(), None);
    for mut packet in signatures(armor)? {
        match &mut packet {
            Packet::Signature(signature) => {
                if signature.get_issuers().len() > limits::ISSUERS {
                    return Err(Error::Limit { what: "the number of issuers that a signature names" });
                }
                drop_unsigned(signature)?;
                // sqv refuses the whole block then, as well.
                let version = signature.version();
                policy.algorithms.packet(&packet).map_err(|_| Error::Obsolete { version, day: None })?;
            }
            // Such as those of GitHub's in which a number says that it has more bits than it has: gpg reads them, sqv does not.
            Packet::Unknown(unknown) => {
                left_out.get_or_insert_with(|| Error::Unreadable { why: Foreign::said(unknown.error()) });
                continue;
            }
            _ => {}
        }
        packet.serialize(&mut binary).map_err(unreadable)?;
    }
    match left_out {
        Some(error) if binary.is_empty() => Err(error),
        _ => Ok(binary),
    }
}

/// The packets of a block that holds nothing but signatures; at least one.
pub fn signatures(armor: &[u8]) -> Result<Vec<Packet>, Error> {
    let mut parser = PacketParser::from_bytes(armor).map_err(unreadable)?;
    let mut packets = Vec::new();
    while let PacketParserResult::Some(current) = parser {
        // An unknown packet may be a signature of a newer version: the verifier leaves it out.
        if !matches!(current.packet, Packet::Signature(_) | Packet::Unknown(_)) {
            return Err(Error::Damaged { why: "it holds something other than signatures" });
        }
        if packets.len() == limits::SIGNATURES {
            return Err(Error::Limit { what: "the number of signatures" });
        }
        let (packet, next) = current.next().map_err(unreadable)?;
        packets.push(packet);
        parser = next;
    }
    if packets.is_empty() { Err(Error::Damaged { why: "it holds no signature" }) } else { Ok(packets) }
}

/// Whether it is signature packets and nothing else, of versions that are known.
pub fn is_signature(binary: &[u8]) -> bool {
    let is_known = |packet: &Packet| matches!(packet, Packet::Signature(_));
    signatures(binary).is_ok_and(|packets| packets.iter().all(is_known))
}

fn drop_unsigned(signature: &mut Signature) -> Result<(), Error> {
    let names_issuer = |packet: &&Subpacket| {
        matches!(packet.value(), SubpacketValue::Issuer(_) | SubpacketValue::IssuerFingerprint(_))
    };
    let has_signed_one = signature.hashed_area().iter().any(|packet| names_issuer(&packet));
    let hints = signature.unhashed_area().iter().filter(names_issuer).filter(|_| !has_signed_one);
    let hints: Vec<Subpacket> = hints.cloned().collect();
    let area = signature.unhashed_area_mut();
    area.clear();
    hints.into_iter().try_for_each(|hint| area.add(hint)).map_err(unreadable)
}

/// In the words of the library, which may repeat what is in the block.
pub fn unreadable(error: pgp::anyhow::Error) -> Error {
    Error::Unreadable { why: Foreign::said(error) }
}
