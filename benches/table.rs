//! The table of docs/costs.md: what the program costs, side by side with git on loopback:
//! `cargo build --release && cargo bench -p benches --bench table`
//!
//! It makes its own repositories and starts its own servers; like the tests, it needs git, nginx and fcgiwrap (`tests/run` installs
//! them), and GNU time for the memory. Figures are medians of a few runs in turn; only their ratios mean something elsewhere.

#[path = "../tests/environment/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests need more of it")]
mod environment;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use environment::servers::{CountingProxy, HttpServer};
use environment::{Environment, Key, Repository, compressed, git};

const RUNS: usize = 15;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, word, format, file] = &args[..]
        && word == "decompress"
    {
        decompress(format, Path::new(file));
        return;
    }
    println!("| what | measured | goal |\n|---|---|---|");
    // `cargo bench --bench table -- alone` measures a part.
    let is_wanted =
        |part: &str| args.iter().skip(1).all(|arg| arg.starts_with('-')) || args.iter().any(|arg| arg == part);
    if is_wanted("http") {
        over_http(4000, 6000, 2.0, 6.0);
        over_http(300, 9000, 10.0, 3.0);
    }
    if is_wanted("alone") {
        alone();
    }
    if is_wanted("memory") {
        memory();
    }
    if is_wanted("small") {
        small();
    }
}

fn row(what: &str, measured: &str, goal: &str) {
    println!("| {what} | {measured} | {goal} |");
}

/// A signed release of this many files of about this many bytes that hardly compress, like source code.
struct Release {
    env: Environment,
    repo: Repository,
    tarball: PathBuf,
    keyring: PathBuf,
}

fn release(files: usize, bytes: usize) -> Release {
    let env = Environment::new();
    let repo = env.repository("x.git");
    let mut commands = b"commit refs/heads/main\ncommitter C <c> 1700000000 +0000\ndata 2\nm\n".to_vec();
    let mut noise = 1u64;
    for number in 0..files {
        let mut content = Vec::with_capacity(bytes);
        while content.len() < bytes {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            writeln!(content, "let value_{:x} = {};", noise >> 48, noise >> 40 & 0xffff).expect("memory");
        }
        let path = format!("src/part{:02}/module{:02}/file{number}.rs", number / 400, number / 40 % 10);
        writeln!(commands, "M 100644 inline {path}\ndata {}", content.len()).expect("memory");
        commands.extend(content);
        commands.push(b'\n');
    }
    repo.git_with(&["fast-import", "--quiet"], &commands);
    repo.git(&["repack", "-adq"]);
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let key = Key::new("Alice <alice@example.org>");
    let commit = repo.git(&["rev-parse", "refs/heads/main"]);
    repo.sign_tag("v1", &commit, &key);
    let tarball = repo.archive("v1", "x-1/", "tar.gz");
    let keyring = env.file("keyring.pgp", key.public());
    Release { env, repo, tarball, keyring }
}

impl Release {
    fn check(&self, repo: &str, tarball: &Path) -> Command {
        let mut command = Command::new(environment::program());
        command.arg("--keyring").arg(&self.keyring).args(["-q", "--tag", "v1", repo]).arg(tarball);
        command
    }
}

/// Seconds of one run, which must succeed.
fn seconds(mut command: Command) -> f64 {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let begun = Instant::now();
    let status = command.status().expect("a program");
    assert!(status.success(), "{command:?}");
    begun.elapsed().as_secs_f64()
}

/// Medians of two commands, run in turn.
fn medians(mut ours: impl FnMut() -> f64, mut theirs: impl FnMut() -> f64) -> (f64, f64) {
    // What was just made is still being written: not while others are measured. And once without a clock.
    seconds(Command::new("sync"));
    ours();
    theirs();
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        a.push(ours());
        b.push(theirs());
    }
    (median(a), median(b))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn over_http(files: usize, bytes: usize, percent: f64, times: f64) {
    let release = release(files, bytes);
    let server = HttpServer::start(&release.env.path(""));
    let url = |port: u16| format!("http://127.0.0.1:{port}/x.git");
    let clone_to = |url: &str| {
        let clone = release.env.path("clone.git");
        // There is none the first time.
        let _ = std::fs::remove_dir_all(&clone);
        let mut command = git();
        command.args(["clone", "-q", "--bare", "--depth=1", "--branch=v1", url]).arg(&clone);
        (command, clone)
    };
    let (full, blobless) = (CountingProxy::to(server.http), CountingProxy::to(server.http));
    seconds(clone_to(&url(full.port)).0);
    let before = server.requests().len();
    seconds(release.check(&url(blobless.port), &release.tarball));
    let requests = server.requests().len() - before;
    let share = blobless.received() as f64 * 100.0 / full.received() as f64;
    row(
        &format!("bytes received, {files} files, against a shallow clone"),
        &format!("{share:.2} % ({} of {} bytes)", blobless.received(), full.received()),
        &format!("at most {percent} %"),
    );
    let connections = blobless.connections();
    row("requests / connections", &format!("{requests} / {connections}"), "3 / 1 without attribute files");
    let (ours, theirs) = medians(
        || seconds(release.check(&url(server.http), &release.tarball)),
        || {
            let (clone, folder) = clone_to(&url(server.http));
            let mut script = Command::new("sh");
            let text =
                "git --git-dir=$0 archive --format=tar --prefix=x-1/ v1 >$0/x.tar && gzip -dc $1 | cmp - $0/x.tar";
            script.args(["-c", text]).arg(folder).arg(&release.tarball);
            seconds(clone) + seconds(script)
        },
    );
    row(
        &format!("fetch and check over http, {files} files, against clone, archive and cmp"),
        &format!("{:.1} times faster ({:.0} and {:.0} ms)", theirs / ours, ours * 1e3, theirs * 1e3),
        &format!("at least {times} times"),
    );
}

fn alone() {
    let release = release(4000, 25_000);
    let tar = release.repo.tar("v1", "x-1/");
    let repo = release.repo.path.to_str().expect("a plain path");
    let compare = |format: &str, file: &Path| {
        let (ours, theirs) = medians(
            || seconds(release.check(repo, file)),
            || {
                let mut command = Command::new(std::env::current_exe().expect("this program"));
                command.args(["decompress", format]).arg(file);
                seconds(command)
            },
        );
        format!("{:.2} ({:.0} and {:.0} ms)", ours / theirs, ours * 1e3, theirs * 1e3)
    };
    let megabytes = tar.len() >> 20;
    for format in ["tar.gz", "tar.xz", "tar.zst", "tar.bz2"] {
        let file = compressed(&release.env.path(&format!("y.{format}")), &tar, format);
        let what = format!("check alone, local, {format} of {megabytes} MB, against decompressing it");
        row(&what, &compare(format, &file), "at most 1.15");
    }
    // Decompressed on several threads, which the reference does not do.
    let plain = release.env.file("blocks.tar", &tar);
    let mut xz = Command::new("xz");
    seconds({
        xz.args(["-T2", "--block-size=4MiB"]).arg(&plain);
        xz
    });
    let measured = compare("tar.xz", &plain.with_extension("tar.xz"));
    row("the same, tar.xz in blocks of 4 MiB", &measured, "at most 1.15");
}

/// Into nothing, with the libraries that the program uses.
fn decompress(format: &str, file: &Path) {
    let file = std::io::BufReader::with_capacity(256 << 10, std::fs::File::open(file).expect("a file"));
    let mut decoder: Box<dyn Read> = match format {
        "tar.gz" => Box::new(flate2::bufread::GzDecoder::new(file)),
        "tar.xz" => Box::new(liblzma::bufread::XzDecoder::new(file)),
        "tar.zst" => Box::new(zstd::stream::read::Decoder::with_buffer(file).expect("a decoder")),
        _ => Box::new(bzip2::bufread::BzDecoder::new(file)),
    };
    let mut buffer = vec![0; 256 << 10];
    while decoder.read(&mut buffer).expect("a stream") > 0 {}
}

/// A large tar with one large file.
fn memory() {
    let release = release(10, 1000);
    let large: Vec<u8> = (0..600 << 20).map(|at: u32| (at >> 3) as u8 ^ (at >> 12) as u8).collect();
    let mut commands = b"commit refs/heads/large\ncommitter C <c> 1700000000 +0000\ndata 2\nm\n".to_vec();
    for (name, part) in [("large", &large[..]), ("second", &large[..300 << 20])] {
        writeln!(commands, "M 100644 inline {name}\ndata {}", part.len()).expect("memory");
        commands.extend_from_slice(part);
        commands.push(b'\n');
    }
    release.repo.git_with(&["fast-import", "--quiet"], &commands);
    drop((large, commands));
    let key = Key::new("Bob <bob@example.org>");
    let commit = release.repo.git(&["rev-parse", "refs/heads/large"]);
    release.repo.sign_tag("v1", &commit, &key);
    std::fs::write(&release.keyring, key.public()).expect("a keyring");
    let file = release.env.path("large.tar.gz");
    let mut pack = Command::new("sh");
    pack.args(["-c", "git --git-dir=$0 archive --format=tar --prefix=x-1/ v1 | gzip -1 >$1"]);
    seconds({
        pack.arg(&release.repo.path).arg(&file);
        pack
    });
    let mut time = Command::new("/usr/bin/time");
    time.args(["-f", "%M"])
        .arg(environment::program())
        .arg("--keyring")
        .arg(&release.keyring)
        .args(["-q", "--tag", "v1"]);
    let output = time.arg(&release.repo.path).arg(&file).output().expect("GNU time");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let peak: u64 = String::from_utf8_lossy(&output.stderr).trim().parse().expect("kilobytes");
    row("peak memory, tar of 900 MiB with a file of 600 MiB", &format!("{} MiB", peak >> 10), "64 MiB");
}

fn small() {
    let release = release(50, 2000);
    let help = || {
        let mut command = Command::new(environment::program());
        command.arg("--help");
        seconds(command)
    };
    let bundle = release.repo.bundle("x.bundle", &["--all"]);
    let bundle = bundle.to_str().expect("a plain path");
    let (bundle, help) = medians(|| seconds(release.check(bundle, &release.tarball)), help);
    let shown = |time: f64| format!("{:.1} ms", Duration::from_secs_f64(time).as_secs_f64() * 1e3);
    row("`--help`", &shown(help), "10 ms");
    row("a bundle of 50 files, everything", &shown(bundle), "50 ms");
}
