//! How many packets and keys there are in bytes, before anything is made of them: each takes far more memory than its bytes.

use sequoia_openpgp::packet::Tag;

/// What is in some bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Packets of all kinds.
    pub packets: usize,
    /// Keys and subkeys, public and private.
    pub keys: usize,
}

/// The smallest packet: a header of two bytes.
const SMALLEST: usize = 2;

/// Count what is there. Where a header is none, what follows may be all there is: it counts as the most that it could be.
pub fn count(bytes: &[u8]) -> Count {
    let (mut count, mut rest) = (Count::default(), bytes);
    while let Some(first) = rest.first() {
        let Some(behind) = skip(rest) else {
            let most = rest.len() / SMALLEST;
            return Count { packets: count.packets + most, keys: count.keys + most };
        };
        let tag = if first & 0x40 != 0 { first & 0x3f } else { first >> 2 & 0x0f };
        let is_key = [Tag::PublicKey, Tag::SecretKey, Tag::PublicSubkey, Tag::SecretSubkey].contains(&Tag::from(tag));
        count.packets += 1;
        count.keys += usize::from(is_key);
        rest = behind;
    }
    count
}

/// What follows the first packet.
fn skip(bytes: &[u8]) -> Option<&[u8]> {
    let (first, mut rest) = bytes.split_first()?;
    if first & 0x80 == 0 {
        return None;
    }
    if first & 0x40 == 0 {
        let digits = match first & 3 {
            3 => return Some(&[]),
            kind => 1 << kind,
        };
        let (length, rest) = rest.split_at_checked(digits)?;
        return rest.get(number(length)..);
    }
    loop {
        let (first, behind) = rest.split_first()?;
        let (length, behind, is_last) = match first {
            0..=191 => (usize::from(*first), behind, true),
            192..=223 => {
                let (second, behind) = behind.split_first()?;
                ((usize::from(*first) - 192) * 256 + usize::from(*second) + 192, behind, true)
            }
            224..=254 => (1 << (first & 0x1f), behind, false),
            255 => {
                let (length, behind) = behind.split_at_checked(4)?;
                (number(length), behind, true)
            }
        };
        rest = behind.get(length..)?;
        if is_last {
            return Some(rest);
        }
    }
}

fn number(digits: &[u8]) -> usize {
    digits.iter().fold(0, |number, digit| number << 8 | usize::from(*digit))
}

#[cfg(test)]
mod tests {
    use super::{Count, count};

    #[test]
    fn packets_of_every_form() {
        let large = |head: &[u8], length: usize| [head, &vec![0; length]].concat();
        for (bytes, packets, keys) in [
            (vec![], 0, 0),
            (vec![0xc6, 1, 0, 0xcd, 0], 2, 1),
            (vec![0x98, 1, 0, 0x99, 0, 1, 0, 0xb4, 0], 3, 2),
            (large(&[0x9a, 0, 0, 1, 0], 256), 1, 1),
            (large(&[0xcd, 192, 8], 200), 1, 0),
            (large(&[0xcd, 255, 0, 0, 1, 0], 256), 1, 0),
            // In two parts.
            (vec![0xcd, 0xe1, 0, 0, 1, 0, 0xce, 0], 2, 1),
            // Up to the end.
            (vec![0xb7, 1, 2, 3], 1, 0),
        ] {
            assert_eq!(count(&bytes), Count { packets, keys }, "{bytes:x?}");
        }
    }

    #[test]
    fn what_is_no_packet_counts_as_the_most_that_it_could_be() {
        assert_eq!(count(&[0xcd, 0, 1, 0xcd, 0, 0xcd]), Count { packets: 3, keys: 2 });
        assert_eq!(count(&[0xcd, 200]), Count { packets: 1, keys: 1 });
    }
}
