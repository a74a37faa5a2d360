//! Files are hashed on several threads: the verdict is the one of a single thread.

use std::path::Path;

use crate::environment::{Environment, Release, compressed};

/// A release whose tar is larger than a few buffers: small files in many folders, and large ones between them.
fn release(env: &Environment) -> (Release, Vec<u8>) {
    let mut release = env.release();
    let mut noise = 1u64;
    let mut content = |length: usize| {
        let mut text = String::with_capacity(length + 16);
        while text.len() < length {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(&format!("{noise:016x}"));
        }
        text.truncate(length);
        text
    };
    let mut files = Vec::new();
    for number in 0..240 {
        files.push((format!("many/{number:03}/folders/file"), content(number % 7)));
        files.push((format!("more/{number:03}"), content(20_000 + number)));
    }
    // Around the size up to which a file is hashed at once, and beyond several buffers.
    for size in [(256 << 10) - 1, 256 << 10, (256 << 10) + 1, 10 << 20] {
        files.push((format!("more/{:03}-large", size % 240), content(size)));
    }
    let files: Vec<_> = files.iter().map(|(path, content)| (path.as_str(), content.as_str())).collect();
    release.commit = release.repo.commit(&files);
    release.repo.sign_tag("v1", &release.commit, &release.key);
    let tar = release.repo.tar("v1", "x-1/");
    (release, tar)
}

/// The offset of a file's content.
fn content_of(tar: &[u8], path: &str) -> usize {
    let full = format!("x-1/{path}\0");
    let block = tar.chunks(512).position(|block| block.starts_with(full.as_bytes())).expect("an entry");
    (block + 1) * 512
}

fn check(env: &Environment, release: &Release, tarball: &Path) -> crate::environment::Program {
    env.authenticate(&release.key, "v1", &release.repo.path, tarball)
}

#[test]
fn large_tarballs_of_every_kind_are_authentic() {
    let env = Environment::new();
    let (release, tar) = release(&env);
    assert!(tar.len() > 16 << 20);
    for format in ["tar", "tar.gz", "tar.xz", "tar.bz2", "tar.zst"] {
        check(&env, &release, &compressed(&env.path("x"), &tar, format)).expect_authentic();
    }
}

#[test]
fn the_first_wrong_file_is_told_whatever_is_wrong_behind_it() {
    let env = Environment::new();
    let (release, tar) = release(&env);
    let later = ["more/001", "more/120", "more/239"].map(|path| content_of(&tar, path));
    for first in ["many/001/folders/file", "many/239/folders/file", "more/000"] {
        let told = format!("the content of x-1/{first} differs");
        let mut wrong = tar.clone();
        wrong[content_of(&tar, first)] ^= 1;
        let refuse = |tar: &[u8]| {
            for format in ["tar", "tar.zst"] {
                check(&env, &release, &compressed(&env.path("x"), tar, format)).expect_refused(&told);
            }
        };
        refuse(&wrong);
        for at in later {
            // Another file, a header, the end: each is found while the first file may still wait to be hashed.
            let mut both = wrong.clone();
            both[at] ^= 1;
            refuse(&both);
            both[at - 512] ^= 1;
            refuse(&both);
            refuse(&wrong[..at + 100]);
        }
    }
}

#[test]
fn every_file_is_hashed() {
    let env = Environment::new();
    let (release, mut tar) = release(&env);
    let tarball = env.path("x.tar");
    let paths = (0..240).step_by(13).map(|number| format!("more/{number:03}"));
    for path in paths.chain(["more/063-large".into(), "more/064-large".into(), "more/065-large".into()]) {
        let at = content_of(&tar, &path) + 19_999;
        tar[at] ^= 1;
        std::fs::write(&tarball, &tar).expect("a file");
        check(&env, &release, &tarball).expect_refused(&format!("the content of x-1/{path} differs"));
        tar[at] ^= 1;
    }
}
