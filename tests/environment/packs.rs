//! Packs made by hand, good and bad, and a server that sends them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::servers::{packet, read_request, serve};

/// A git daemon that shows the tag, and then sends whatever it likes for a pack.
pub fn daemon_with_pack(tag: &str, pack: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> String {
    daemon_with(tag, "fetch=shallow filter\n", pack)
}

/// A git daemon that has the tag, and sends the whole history or nothing.
pub fn daemon_without_shallow(tag: &str) -> String {
    daemon_with(tag, "fetch=filter\n", |_| ())
}

fn daemon_with(tag: &str, fetch: &'static str, pack: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> String {
    let tag = tag.to_owned();
    let port = serve(move |mut client| {
        let mut greeting = [0; 4];
        // git-upload-pack /x\0host=...\0\0version=2\0
        if client.read_exact(&mut greeting).is_err() {
            return;
        }
        let length = usize::from_str_radix(std::str::from_utf8(&greeting).unwrap(), 16).unwrap() - 4;
        let _ = client.read_exact(&mut vec![0; length]);
        let capabilities = ["version 2\n", "ls-refs\n", fetch, "object-format=sha1\n"];
        let mut answer: Vec<u8> = capabilities.iter().flat_map(|line| packet(line.as_bytes())).collect();
        answer.extend(b"0000");
        let _ = client.write_all(&answer);
        read_request(&mut client);
        let _ = client.write_all(&[packet(format!("{tag} refs/tags/v1\n").as_bytes()), b"0000".to_vec()].concat());
        read_request(&mut client);
        let _ = client.write_all(&packet(b"packfile\n"));
        pack(&mut client);
    });
    format!("git://127.0.0.1:{port}/x.git")
}

/// Send bytes as band 1 of the sideband.
pub fn send_pack(client: &mut TcpStream, pack: &[u8]) {
    for chunk in pack.chunks(60_000) {
        if client.write_all(&packet(&[b"\x01", chunk].concat())).is_err() {
            return;
        }
    }
    let _ = client.write_all(b"0000");
}

pub fn zlib(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// A pack with these entries, its checksum right.
pub fn pack_of(count: u32, entries: &[u8]) -> Vec<u8> {
    let pack = [b"PACK\0\0\0\x02", &count.to_be_bytes()[..], entries].concat();
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(&pack);
    [pack, hasher.try_finalize().unwrap().as_slice().to_vec()].concat()
}

/// The header of an entry: its kind, and the size that it says it has.
pub fn entry_header(mut size: u64, kind: u8) -> Vec<u8> {
    let mut bytes = vec![kind << 4 | (size & 15) as u8];
    size >>= 4;
    while size > 0 {
        *bytes.last_mut().unwrap() |= 0x80;
        bytes.push((size & 0x7f) as u8);
        size >>= 7;
    }
    bytes
}

/// A blob as an entry.
pub fn blob(content: &[u8]) -> Vec<u8> {
    [entry_header(content.len() as u64, 3), zlib(content)].concat()
}

/// A delta as an entry, against the entry that begins this many bytes before it.
pub fn delta(mut distance: u64, instructions: &[u8]) -> Vec<u8> {
    let mut offset = vec![(distance & 0x7f) as u8];
    while distance >= 0x80 {
        distance = (distance >> 7) - 1;
        offset.insert(0, (distance & 0x7f) as u8 | 0x80);
    }
    [entry_header(instructions.len() as u64, 6), offset, zlib(instructions)].concat()
}

/// The instructions of a delta that copies the first 16 MiB of a base this many times, and then adds some bytes.
pub fn copies(base: u64, times: u64, added: &[u8]) -> Vec<u8> {
    let size = |mut n: u64| {
        let mut bytes = Vec::new();
        while n >= 0x80 {
            bytes.push((n & 0x7f) as u8 | 0x80);
            n >>= 7;
        }
        bytes.push(n as u8);
        bytes
    };
    let mut instructions = [size(base), size(times * 0xff_ffff + added.len() as u64)].concat();
    (0..times).for_each(|_| instructions.extend([0xf0, 0xff, 0xff, 0xff]));
    if !added.is_empty() {
        instructions.push(added.len() as u8);
        instructions.extend(added);
    }
    instructions
}
