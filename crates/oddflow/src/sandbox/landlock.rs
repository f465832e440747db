//! The restriction as rules of Landlock (`man 7 landlock`), as far as the kernel knows them.
//!
//! | since Linux | Landlock ABI | what is restricted |
//! | --- | --- | --- |
//! | 5.19 | 2 | files: reading, writing, making, removing, moving |
//! | 6.2 | 3 | truncating them |
//! | 6.7 | 4 | TCP: connecting and binding |
//! | 6.10 | 5 | requests to devices |
//! | 6.12 | 6 | signals to other processes, abstract Unix sockets |
//! | 7.2 | 10 | UDP, where no receiver is on the network |
//!
//! ABI 1 has no right to move a file into another folder, and refuses it always: logs could not be archived. It counts as none. Unix
//! sockets with a path stay free: the service manager listens at one.

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus, NetPort, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope, make_bitflags, path_beneath_rules,
};

use super::Needs;

/// What is needed of the system itself: time zones, the state of the process, the cores that a container may use, random numbers.
const SYSTEM: [&str; 6] =
    ["/proc/self", "/sys/fs/cgroup", "/usr/share/zoneinfo", "/etc/localtime", "/dev/urandom", "/dev/null"];
/// What looking up names needs. The files in `/etc` are replaced by new ones whenever a network changes, so that a rule for each of them
/// would not last; the folders of libraries hold what glibc loads for it.
const NAMES: [&str; 6] = ["/etc", "/run/systemd/resolve", "/lib", "/lib64", "/usr/lib", "/usr/lib64"];
/// The port of DNS, for answers that are too long for UDP.
const DNS: u16 = 53;

/// The lowest ABI that is used, and those from which on more is restricted.
const FILES: ABI = ABI::V2;
const TCP: ABI = ABI::V4;
const UDP: ABI = ABI::V10;

/// Restricts this thread and all that it will start; says what is restricted.
///
/// # Errors
/// Why nothing was.
pub(super) fn restrict(needs: &Needs) -> Result<String, String> {
    let status = rules(needs).map_err(|error| format!("Landlock refuses: {error}"))?;
    match (status.landlock, status.ruleset) {
        (LandlockStatus::NotImplemented, _) => Err("this kernel has no Landlock".into()),
        (LandlockStatus::NotEnabled, _) => Err("Landlock is switched off in this kernel".into()),
        (_, RulesetStatus::NotEnforced) => Err("Landlock of this kernel is too old".into()),
        (status, _) => Ok(words(status, needs.has_network)),
    }
}

/// What the kernel offers. Nothing is restricted by asking.
///
/// # Errors
/// Why that is nothing.
pub(super) fn offered() -> Result<String, String> {
    // The library tells of the kernel in no other way: a thread enters a restriction that allows everything, and ends.
    let ask = || {
        let rules = Ruleset::default().handle_access(AccessFs::Refer)?.create()?;
        rules.add_rules(path_beneath_rules(["/"], AccessFs::Refer))?.restrict_self()
    };
    let asked = std::thread::spawn(ask).join().map_err(|_| "the kernel can't be asked")?;
    match asked.map_err(|error| format!("Landlock refuses: {error}"))?.landlock {
        LandlockStatus::NotImplemented => Err("this kernel has no Landlock".into()),
        LandlockStatus::NotEnabled => Err("Landlock is switched off in this kernel".into()),
        status if ABI::from(status) < FILES => Err("Landlock of this kernel is too old".into()),
        status => Ok(words(status, false)),
    }
}

fn words(status: LandlockStatus, has_network: bool) -> String {
    let abi = ABI::from(status);
    let what = match abi {
        _ if abi >= UDP && !has_network => "files, TCP and UDP",
        _ if abi >= TCP => "files and TCP",
        _ => "files, not TCP",
    };
    let number = match status {
        LandlockStatus::Available { kernel_abi: Some(number), .. } => number,
        _ => abi as i32,
    };
    format!("{what} (Landlock ABI {number})")
}

fn rules(needs: &Needs) -> Result<landlock::RestrictionStatus, RulesetError> {
    let all = AccessFs::from_all(ABI::V8);
    let read = make_bitflags!(AccessFs::{ReadFile | ReadDir});
    let write = read
        | make_bitflags!(AccessFs::{
            WriteFile | Truncate | MakeReg | MakeDir | RemoveFile | RemoveDir | Refer
        });
    let mut network: BitFlags<AccessNet> = make_bitflags!(AccessNet::{BindTcp | ConnectTcp});
    if !needs.has_network {
        network |= make_bitflags!(AccessNet::{BindUdp | ConnectSendUdp});
    }
    let mut scope: BitFlags<Scope> = Scope::Signal.into();
    if !needs.has_abstract_socket {
        scope |= Scope::AbstractUnixSocket;
    }
    let mut names: &[&str] = &[];
    let mut ports = needs.ports.clone();
    if needs.has_names {
        names = &NAMES;
        ports.push(DNS);
    }
    Ruleset::default()
        // Without the right to move files nothing is restricted at all.
        .set_compatibility(CompatLevel::SoftRequirement)
        .handle_access(AccessFs::Refer)?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(all)?
        .handle_access(network)?
        .scope(scope)?
        .create()?
        .add_rules(path_beneath_rules(SYSTEM, read))?
        .add_rules(path_beneath_rules(names, read))?
        .add_rules(path_beneath_rules(&needs.read, read))?
        .add_rules(path_beneath_rules(&needs.write, write))?
        .add_rules(
            ports.into_iter().map(|port| Ok::<_, RulesetError>(NetPort::new(port, AccessNet::ConnectTcp))),
        )?
        .add_rules(needs.listen.map(|port| Ok::<_, RulesetError>(NetPort::new(port, AccessNet::BindTcp))))?
        .restrict_self()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::ErrorKind::PermissionDenied;
    use std::net::{TcpListener, TcpStream, UdpSocket};

    use super::*;

    /// Tells CI where a kernel lacks what is tested.
    #[expect(clippy::print_stdout, reason = "CI counts these lines")]
    fn has(abi: ABI) -> bool {
        match offered() {
            Err(why) => println!("SKIPPED: {why}"),
            Ok(words) if abi >= TCP && words.contains("not TCP") => println!("SKIPPED: only {words}"),
            Ok(_) => return true,
        }
        false
    }

    /// What is done in a thread of its own: nobody else is restricted.
    fn restricted<T: Send>(needs: &Needs, work: impl FnOnce() -> T + Send) -> T {
        let all = || {
            restrict(needs).expect("it can");
            // As the threads of the service do, this one begins later.
            std::thread::scope(|scope| scope.spawn(work).join().expect("it ends"))
        };
        std::thread::scope(|scope| scope.spawn(all).join().expect("it ends"))
    }

    #[test]
    fn only_its_own_files_are_left() {
        if !has(FILES) {
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for name in ["logs", "data/archive", "others"] {
            fs::create_dir_all(at(name)).expect("it is ours");
            fs::write(at(name).join("file"), "text").expect("it is ours");
        }
        fs::write(at("others/secret"), "text").expect("it is ours");
        std::os::unix::fs::symlink(at("others/file"), at("logs/link")).expect("it is ours");
        let mut needs = Needs::default();
        needs.logs(&at("logs"));
        // A link that comes later.
        std::os::unix::fs::symlink(at("others"), at("logs/later")).expect("it is ours");
        needs.writes(&at("data"));
        restricted(&needs, || {
            let denied = |done: std::io::Result<()>, what: &str| {
                assert_eq!(done.expect_err(what).kind(), PermissionDenied, "{what}");
            };
            let read = |name: &str| fs::read(at(name)).map(drop);
            read("logs/file").expect("it may");
            read("logs/link").expect("it was there");
            fs::read_dir(at("logs")).expect("it may");
            fs::read("/proc/self/status").expect("it may");
            denied(read("logs/later/secret"), "another's file by a link");
            denied(fs::read("/etc/passwd").map(drop), "a file of the system");
            denied(fs::read_dir("/").map(drop), "the names of all");
            denied(fs::read(std::env::current_exe().expect("it has one")).map(drop), "itself");
            denied(fs::write(at("logs/new"), ""), "writing a log");
            denied(fs::remove_file(at("logs/file")), "removing a log");
            denied(fs::write(at("others/file"), ""), "writing elsewhere");
            denied(fs::create_dir(at("new")), "making a folder beside");
            denied(std::process::Command::new("/bin/true").status().map(drop), "running a program");
            // What a database and a log that is archived do.
            fs::write(at("data/a.db-wal"), "text").expect("it may");
            fs::create_dir_all(at("data/archive/2026-02-28")).expect("it may");
            fs::rename(at("data/a.db-wal"), at("data/archive/2026-02-28/file")).expect("it may");
            fs::remove_file(at("data/archive/2026-02-28/file")).expect("it may");
            denied(fs::rename(at("data/archive/file"), at("others/moved")), "moving it out");
        });
        assert_eq!(fs::read_to_string(at("others/file")).expect("it is ours"), "text");
    }

    #[test]
    fn nobody_is_called_but_those_who_are_set() {
        if !has(TCP) {
            return;
        }
        let listener = || TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = |listener: &TcpListener| listener.local_addr().expect("an address").port();
        let (receiver, other) = (listener(), listener());
        let call = |to: &TcpListener| TcpStream::connect(("127.0.0.1", port(to))).map(drop);
        call(&receiver).expect("it listens");
        call(&other).expect("it listens");
        let denied = |done: std::io::Result<()>| done.is_err_and(|error| error.kind() == PermissionDenied);
        restricted(&Needs::default(), || {
            assert!(denied(call(&receiver)) && denied(call(&other)), "nothing is set");
            assert!(denied(TcpListener::bind("127.0.0.1:0").map(drop)), "nor is it to listen");
            let sent = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.send_to(b"x", "127.0.0.1:9"));
            assert_eq!(denied(sent.map(drop)), offered().is_ok_and(|words| words.contains("UDP")));
        });
        let mut needs = Needs { ports: vec![port(&receiver)], has_network: true, ..Needs::default() };
        needs.listens(0);
        restricted(&needs, || {
            call(&receiver).expect("it is set");
            assert!(denied(call(&other)));
            TcpListener::bind("127.0.0.1:0").expect("it may");
            assert!(denied(TcpListener::bind(("127.0.0.1", 9_477)).map(drop)));
        });
        call(&other).expect("who asked is not restricted");
    }

    #[test]
    fn what_is_restricted_is_said() {
        let status = |effective_abi, kernel_abi| LandlockStatus::Available { effective_abi, kernel_abi };
        assert_eq!(words(status(ABI::V2, None), false), "files, not TCP (Landlock ABI 2)");
        assert_eq!(words(status(ABI::V7, None), false), "files and TCP (Landlock ABI 7)");
        assert_eq!(words(status(ABI::V10, Some(12)), false), "files, TCP and UDP (Landlock ABI 12)");
        assert_eq!(words(status(ABI::V10, None), true), "files and TCP (Landlock ABI 10)");
    }
}
