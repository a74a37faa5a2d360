//! What a tarball may be compressed with, and in which ways: all that the decompressors read, and nothing more.

use super::tarballs::{check, release};
use crate::environment::{Environment, compressed, git, with_input};

#[test]
fn every_container_and_every_setting() {
    let env = Environment::new();
    let (release, tar) = release(&env);
    for format in ["tar", "tar.gz", "tar.xz", "tar.bz2", "tar.zst"] {
        // The name does not matter.
        let tarball = compressed(&env.path("some.name"), &tar, format);
        check(&env, &release, tarball.clone()).expect_authentic();
        check(&env, &release, tarball.clone()).arg("--format").arg(format).expect_authentic();
        let other = if format == "tar.gz" { "tar.xz" } else { "tar.gz" };
        check(&env, &release, tarball).arg("--format").arg(other).expect_refused("is not a");
    }
    for (program, options) in [
        ("gzip", "-1"),
        ("gzip", "-9"),
        ("xz", "-0"),
        ("xz", "-9e"),
        ("xz", "--check=sha256"),
        ("xz", "-T2"),
        ("bzip2", "-1"),
        ("zstd", "-19"),
        ("zstd", "--long=27"),
        ("zstd", "--no-check"),
    ] {
        let mut command = std::process::Command::new(program);
        command.args([options, "-c"]);
        let tarball = env.file("x", with_input(command, &tar));
        check(&env, &release, tarball).expect_authentic();
    }
    // A name and a time in gzip's header, as some forges write them.
    let file = env.file("x-1.tar", &tar);
    let mut gzip = std::process::Command::new("gzip");
    gzip.arg("-kN").arg(&file);
    with_input(gzip, b"");
    check(&env, &release, env.path("x-1.tar.gz")).expect_authentic();
    // git's own.
    let mut archive = git();
    archive.arg("-C").arg(&release.repo.path).args(["archive", "--format=tar.gz", "--prefix=x-1/", "v1"]);
    check(&env, &release, env.file("git.tar.gz", with_input(archive, b""))).expect_authentic();
}

#[test]
fn one_bit_changed_in_a_compressed_file() {
    let env = Environment::new();
    let (release, tar) = release(&env);
    for format in ["tar.gz", "tar.xz", "tar.bz2", "tar.zst"] {
        let bytes = std::fs::read(compressed(&env.path("x"), &tar, format)).unwrap();
        // The first ten bytes of gzip are about the file, not of it: only the pin is for them.
        for at in (if format == "tar.gz" { 10 } else { 0 }..bytes.len()).step_by(bytes.len() / 60) {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            let same = decompressed(&changed, format).is_some_and(|content| content == tar);
            let outcome = check(&env, &release, env.file("changed", changed)).run();
            assert!(matches!(outcome.code, Some(1 | 3)) || same, "{format} byte {at}: {outcome:?}");
        }
    }
}

fn decompressed(bytes: &[u8], format: &str) -> Option<Vec<u8>> {
    let program = [("gz", "gzip"), ("xz", "xz"), ("bz2", "bzip2"), ("zst", "zstd")];
    let (_, program) = program.into_iter().find(|(extension, _)| format.ends_with(extension))?;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    std::fs::write(&path, bytes).unwrap();
    let file = std::fs::File::open(path).unwrap();
    let output = std::process::Command::new(program).arg("-dc").stdin(file).output().unwrap();
    output.status.success().then_some(output.stdout)
}

/// Compressors that use several cores write many streams: pigz and bgzip, pixz, pbzip2, pzstd.
#[test]
fn a_tarball_in_several_streams_is_read_as_its_decompressor_reads_it() {
    let env = Environment::new();
    let (release, tar) = release(&env);
    for format in ["tar.gz", "tar.xz", "tar.bz2", "tar.zst"] {
        let pack = |bytes: &[u8]| std::fs::read(compressed(&env.path("stream"), bytes, format)).unwrap();
        let whole = pack(&tar);
        let streams = tar.chunks(5000).map(pack).collect::<Vec<_>>().concat();
        let is_like_its_decompressor =
            |file: Vec<u8>| check(&env, &release, env.file("streams", file)).expect_authentic();
        is_like_its_decompressor(streams.clone());
        is_like_its_decompressor([&whole[..], &pack(b"")].concat());
        if format == "tar.zst" {
            // pzstd: the size of a frame, in a skippable frame before it.
            let skippable = b"\x50\x2a\x4d\x18\x04\0\0\0size";
            is_like_its_decompressor([&skippable[..], &whole[..], &skippable[..]].concat());
        }
        if matches!(format, "tar.gz" | "tar.xz") {
            is_like_its_decompressor([&whole[..], &[0; 512]].concat());
        }
        if format == "tar.xz" {
            is_like_its_decompressor([&whole[..], &[0; 8], &pack(b"")].concat());
        }
        // Every byte of every stream counts.
        let mut changed = tar.clone();
        *changed.last_mut().unwrap() = 1;
        let changed = changed.chunks(5000).map(pack).collect::<Vec<_>>().concat();
        check(&env, &release, env.file("changed", changed)).expect_refused("");
        let outcome = check(&env, &release, env.file("cut", &streams[..streams.len() - 9])).run();
        assert!(matches!(outcome.code, Some(1 | 3)), "{format}: {outcome:?}");
    }
}

#[test]
fn appended_members_and_bytes() {
    let env = Environment::new();
    let (release, tar) = release(&env);
    for format in ["tar.gz", "tar.xz", "tar.bz2", "tar.zst"] {
        let pack = |bytes: &[u8]| std::fs::read(compressed(&env.path("packed"), bytes, format)).unwrap();
        let good = pack(&tar);
        let mut tails = vec![
            ("itself", good.clone()),
            ("a second member", pack(b"second")),
            ("a second member of zeros", pack(&[0; 512])),
            ("bytes", b"x".to_vec()),
            ("zeros and bytes", b"\0\0\0\0x".to_vec()),
        ];
        match format {
            "tar.gz" => tails.push(("padding and a member", [&[0; 4][..], &good].concat())),
            "tar.xz" => tails.push(("padding of another size", vec![0; 3])),
            _ => tails.push(("zeros", vec![0; 4])),
        }
        for (what, tail) in tails {
            let outcome = check(&env, &release, env.file("changed", [&good[..], &tail].concat())).run();
            assert_eq!(outcome.code, Some(1), "{format} and {what}: {outcome:?}");
        }
    }
}

#[test]
fn a_file_of_another_kind_is_named_and_not_called_a_forgery() {
    let env = Environment::new();
    let (release, tar) = release(&env);
    let gzip = std::fs::read(compressed(&env.path("x.gz"), &tar, "tar.gz")).unwrap();
    let twice = std::fs::read(compressed(&env.path("xx.gz"), &gzip, "tar.gz")).unwrap();
    let zip = env.path("x.zip");
    release.repo.git(&["archive", "--format=zip", "-o", zip.to_str().unwrap(), "v1"]);
    for (file, kind) in [
        (std::fs::read(zip).unwrap(), "the tarball is a zip archive, not a tar"),
        (b"LZIP\x01\x0c".to_vec(), "the tarball is compressed with lzip, not a tar"),
        (b"\x5d\0\0\x80\0\xff\xff".to_vec(), "compressed with lzma"),
        (b"\x1f\x9d\x90a".to_vec(), "compressed with compress (.Z)"),
        (b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(), "a 7z archive"),
        (twice, "what is compressed in the tarball is compressed with gzip"),
        (b"<!DOCTYPE html>\n<title>Log in</title>\n".to_vec(), "a web page"),
        (b"404: Not Found".to_vec(), "a text"),
    ] {
        check(&env, &release, env.file("file", file)).expect_not_checked(kind);
    }
}

/// A header of gzip, and a frame of zstd that is skipped, have room for a whole tar. GNU tar looks for a tar before it looks for
/// compression: it would unpack that one, and nothing of what was compared.
#[test]
fn a_compressed_file_that_begins_as_another_tar() {
    let env = Environment::new();
    let (release, tar) = release(&env);
    let other = tar_of_one_file();
    for (format, start) in [("tar.gz", &b"\x1f\x8b\x08\x04\0\0\0\0\0\x03"[..]), ("tar.zst", b"\x50\x2a\x4d\x18")] {
        let good = std::fs::read(compressed(&env.path("good"), &tar, format)).unwrap();
        let length_bytes = if format == "tar.gz" { 2 } else { 4 };
        let mut file = start.to_vec();
        let length = 512 + other.len() - start.len() - length_bytes;
        file.extend_from_slice(&length.to_le_bytes()[..length_bytes]);
        file.resize(512, 0);
        for (at, field) in [(100, &b"0000644\0"[..]), (124, b"00000000000\0"), (156, b"0"), (257, b"ustar\x0000")] {
            file[at..at + field.len()].copy_from_slice(field);
        }
        file[148..156].fill(b' ');
        let sum: u32 = file.iter().map(|byte| u32::from(*byte)).sum();
        file[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        file.extend_from_slice(&other);
        file.extend_from_slice(if format == "tar.gz" { &good[10..] } else { &good });
        assert!(decompressed(&file, format).is_some_and(|content| content == tar), "{format}");
        let file = env.file(&format!("two.{format}"), file);
        let mut list = std::process::Command::new("tar");
        list.arg("-tf").arg(&file);
        let listed = String::from_utf8(with_input(list, b"")).unwrap();
        assert!(listed.contains("x-1/evil") && !listed.contains("x-1/README"), "{listed}");
        check(&env, &release, file.clone()).expect_not_checked("is compressed, and begins as a tar that is not");
        check(&env, &release, file).arg("--accept=same-files").expect_not_checked("begins as a tar");
    }
}

/// A tar with one file and its end.
fn tar_of_one_file() -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_path("x-1/evil").unwrap();
    header.set_mode(0o644);
    header.set_size(0);
    header.set_cksum();
    [&header.as_bytes()[..], &[0; 1024]].concat()
}
