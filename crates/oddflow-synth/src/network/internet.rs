//! The Internet as the household sees it: sites with names and addresses, the popular ones visited most.
//!
//! Names at the top are services everybody knows; the long tail is made of syllables. Addresses lie in networks of
//! the size and place of real providers', but which host has which is invented.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::random::{Rng, Zipf, mix};

/// Sites in all. With two to four addresses each they make about 8,000 destinations.
const SITES: usize = 2_370;
/// Popularity falls with rank to this power: fitted so that nearly every address is met in a week of 1.2 M rows.
const POPULARITY: f64 = 0.78;

/// A hosting network.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Provider {
    /// First two parts of its IPv4 addresses.
    v4: (u8, u8),
    /// First three groups of its IPv6 addresses.
    v6: (u16, u16, u16),
    /// Whether it speaks QUIC.
    pub(crate) quic: bool,
    /// Round-trip time in seconds.
    pub(crate) rtt: f64,
}

const PROVIDERS: [Provider; 14] = [
    Provider { v4: (142, 250), v6: (0x2607, 0xf8b0, 0x4005), quic: true, rtt: 0.011 },
    Provider { v4: (172, 217), v6: (0x2607, 0xf8b0, 0x4007), quic: true, rtt: 0.012 },
    Provider { v4: (104, 18), v6: (0x2606, 0x4700, 0x10), quic: true, rtt: 0.009 },
    Provider { v4: (157, 240), v6: (0x2a03, 0x2880, 0xf131), quic: true, rtt: 0.013 },
    Provider { v4: (17, 253), v6: (0x2620, 0x149, 0xa43), quic: false, rtt: 0.014 },
    Provider { v4: (23, 45), v6: (0x2600, 0x1406, 0x5e00), quic: false, rtt: 0.008 },
    Provider { v4: (151, 101), v6: (0x2a04, 0x4e42, 0x600), quic: false, rtt: 0.009 },
    Provider { v4: (52, 84), v6: (0x2600, 0x9000, 0x21f3), quic: false, rtt: 0.015 },
    Provider { v4: (54, 193), v6: (0x2600, 0x1f1c, 0x471), quic: false, rtt: 0.022 },
    Provider { v4: (34, 117), v6: (0x2600, 0x1901, 0x1), quic: true, rtt: 0.024 },
    Provider { v4: (20, 42), v6: (0x2603, 0x1030, 0x408), quic: false, rtt: 0.061 },
    Provider { v4: (13, 107), v6: (0x2620, 0x1ec, 0xbdf), quic: false, rtt: 0.018 },
    Provider { v4: (159, 89), v6: (0x2604, 0xa880, 0x2), quic: false, rtt: 0.074 },
    Provider { v4: (185, 199), v6: (0x2a01, 0x4f8, 0x171), quic: false, rtt: 0.148 },
];

/// What a site is for; some activities need a certain kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SiteKind {
    /// Pages, pictures, programs' interfaces.
    Web,
    /// Films and music.
    Media,
    /// Where devices call home.
    Device,
    /// Where software updates come from.
    Update,
    /// Files, mail and messages kept in step.
    Sync,
}

/// The names that come first, with kind and provider.
const KNOWN: [(&str, SiteKind, usize); 36] = [
    ("google.com", SiteKind::Web, 0),
    ("apple.com", SiteKind::Device, 4),
    ("icloud.com", SiteKind::Sync, 4),
    ("youtube.com", SiteKind::Media, 1),
    ("googlevideo.com", SiteKind::Media, 1),
    ("gstatic.com", SiteKind::Web, 0),
    ("facebook.com", SiteKind::Web, 3),
    ("netflix.com", SiteKind::Media, 8),
    ("amazon.com", SiteKind::Web, 7),
    ("microsoft.com", SiteKind::Update, 11),
    ("office.com", SiteKind::Sync, 11),
    ("windowsupdate.com", SiteKind::Update, 5),
    ("cloudflare.com", SiteKind::Web, 2),
    ("instagram.com", SiteKind::Web, 3),
    ("spotify.com", SiteKind::Media, 9),
    ("amazonaws.com", SiteKind::Device, 8),
    ("akamaiedge.net", SiteKind::Web, 5),
    ("fastly.net", SiteKind::Web, 6),
    ("doubleclick.net", SiteKind::Web, 0),
    ("googleapis.com", SiteKind::Device, 0),
    ("wikipedia.org", SiteKind::Web, 12),
    ("github.com", SiteKind::Web, 13),
    ("slack.com", SiteKind::Sync, 8),
    ("dropbox.com", SiteKind::Sync, 8),
    ("roku.com", SiteKind::Device, 9),
    ("nest.com", SiteKind::Device, 9),
    ("tuyaus.com", SiteKind::Device, 8),
    ("ubuntu.com", SiteKind::Update, 13),
    ("debian.org", SiteKind::Update, 6),
    ("mozilla.com", SiteKind::Update, 9),
    ("whatsapp.net", SiteKind::Sync, 3),
    ("zoom.us", SiteKind::Sync, 10),
    ("samsung.com", SiteKind::Device, 7),
    ("hp.com", SiteKind::Device, 10),
    ("synology.com", SiteKind::Update, 13),
    ("twitch.tv", SiteKind::Media, 6),
];

/// One registered domain and its servers.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) domain: String,
    pub(crate) kind: SiteKind,
    pub(crate) provider: Provider,
    /// Whether it has IPv6.
    pub(crate) ipv6: bool,
    /// Whether it speaks TLS 1.3.
    pub(crate) modern: bool,
    /// Addresses of each family.
    addresses: usize,
    stir: u64,
}

impl Site {
    /// A name below the domain; the first ones are used most.
    pub(crate) fn name(&self, rng: &mut Rng) -> String {
        const LABELS: [&str; 12] = [
            "www", "api", "cdn", "static", "img", "s", "events", "edge", "assets", "auth", "push", "metrics",
        ];
        let rank = rng.below(LABELS.len()).min(rng.below(LABELS.len()));
        match self.kind {
            SiteKind::Media if rng.chance(0.5) => {
                let (number, city) = (rng.range(1, 6), *rng.pick(&["sjc", "lax", "sea", "nrt", "ord"]));
                format!("r{number}---{city}{:02}.{}", rng.range(1, 40), self.domain)
            }
            _ if rng.chance(0.12) => self.domain.clone(),
            _ => format!("{}.{}", LABELS[rank], self.domain),
        }
    }

    /// The IPv4 addresses that a lookup of a name gives.
    pub(crate) fn all_v4(&self, name: &str) -> impl ExactSizeIterator<Item = Ipv4Addr> {
        let (first, count) = self.behind(name, self.addresses);
        let (a, b) = self.provider.v4;
        let (stir, addresses) = (self.stir, self.addresses);
        (0..count).map(move |i| {
            let id = mix(stir ^ ((first + i) % addresses) as u64);
            Ipv4Addr::new(a, b.wrapping_add((id >> 24) as u8 % 6), (id >> 8) as u8, (id as u8).clamp(1, 254))
        })
    }

    /// The IPv6 addresses that a lookup of a name gives.
    pub(crate) fn all_v6(&self, name: &str) -> impl ExactSizeIterator<Item = Ipv6Addr> {
        let addresses = self.addresses.div_ceil(2);
        let (first, count) = self.behind(name, addresses);
        let (a, b, c) = self.provider.v6;
        let stir = self.stir ^ 0x66;
        (0..count).map(move |i| {
            let id = mix(stir ^ (((first + i) % addresses) as u64) << 8);
            let (low, middle) = ((id as u16).max(1), (id >> 16) as u16 & 0xff);
            Ipv6Addr::new(a, b, c, (id >> 48) as u16 & 0xfff, 0, 0, middle, low)
        })
    }

    /// Which of the addresses serve a name: the first, and how many.
    fn behind(&self, name: &str, addresses: usize) -> (usize, usize) {
        let hash = name.bytes().fold(self.stir, |hash, byte| mix(hash ^ u64::from(byte)));
        ((hash >> 8) as usize % addresses, (1 + (hash & 0xff) as usize % 3).min(addresses))
    }

    /// One of the addresses of a name.
    pub(crate) fn v4(&self, name: &str, rng: &mut Rng) -> Ipv4Addr {
        let mut all = self.all_v4(name);
        let nth = rng.below(all.len());
        all.nth(nth).unwrap_or(Ipv4Addr::UNSPECIFIED)
    }

    /// One of the addresses of a name.
    pub(crate) fn v6(&self, name: &str, rng: &mut Rng) -> Ipv6Addr {
        let mut all = self.all_v6(name);
        let nth = rng.below(all.len());
        all.nth(nth).unwrap_or(Ipv6Addr::UNSPECIFIED)
    }

    /// One of the addresses of a name in the family asked for.
    pub(crate) fn address(&self, name: &str, six: bool, rng: &mut Rng) -> IpAddr {
        if six { self.v6(name, rng).into() } else { self.v4(name, rng).into() }
    }
}

/// All sites.
#[derive(Debug)]
pub(crate) struct Internet {
    sites: Vec<Site>,
    popularity: Zipf,
    /// Ranks of each kind, for those who need one of it.
    of_kind: [(SiteKind, Vec<usize>); 5],
}

impl Internet {
    pub(super) fn new(rng: &mut Rng) -> Self {
        let mut taken = HashSet::new();
        let sites: Vec<Site> = (0..SITES).map(|rank| site(rank, &mut taken, rng)).collect();
        let of_kind = [SiteKind::Web, SiteKind::Media, SiteKind::Device, SiteKind::Update, SiteKind::Sync]
            .map(|kind| (kind, (0..SITES).filter(|&rank| sites[rank].kind == kind).collect()));
        Self { sites, popularity: Zipf::new(SITES, POPULARITY), of_kind }
    }

    /// A site to visit, by popularity.
    pub(crate) fn visit(&self, rng: &mut Rng) -> &Site {
        &self.sites[self.popularity.pick(rng)]
    }

    /// A site of one kind; `which` says whose favourite, so that the same device comes back to the same few.
    pub(crate) fn favourite(&self, kind: SiteKind, which: u64) -> &Site {
        let ranks = self.of_kind.iter().find(|(of, _)| *of == kind).map_or(&[][..], |(_, ranks)| ranks);
        // Squared: favourites gather among the popular.
        let unit = (mix(which) >> 11) as f64 / (1u64 << 53) as f64;
        let at = (unit * unit * ranks.len() as f64) as usize;
        &self.sites[ranks.get(at).copied().unwrap_or(0)]
    }
}

fn site(rank: usize, taken: &mut HashSet<String>, rng: &mut Rng) -> Site {
    let (domain, kind, provider) = match KNOWN.get(rank) {
        Some(&(domain, kind, provider)) => (domain.to_owned(), kind, provider),
        None => {
            let kind = rng.weighted(&[
                (SiteKind::Web, 0.84),
                (SiteKind::Media, 0.04),
                (SiteKind::Device, 0.06),
                (SiteKind::Update, 0.02),
                (SiteKind::Sync, 0.04),
            ]);
            let mut domain = invented_domain(rng);
            while !taken.insert(domain.clone()) {
                domain = invented_domain(rng);
            }
            (domain, kind, rng.below(PROVIDERS.len()))
        }
    };
    let provider = PROVIDERS[provider];
    // The largest sites answer from many addresses.
    let addresses = if rank < 40 { 8 } else { 1 + rng.below(4) };
    Site {
        domain,
        kind,
        provider,
        ipv6: rank < 20 || rng.chance(0.42),
        modern: rank < 40 || rng.chance(0.85),
        addresses,
        stir: rng.next(),
    }
}

/// A name nobody has chosen: syllables and an ending.
pub(crate) fn invented_domain(rng: &mut Rng) -> String {
    const FIRST: [&str; 24] = [
        "ar", "bel", "cor", "dan", "el", "fen", "gra", "hal", "in", "jor", "kel", "lum", "mar", "nor", "or",
        "pel", "quil", "ros", "sol", "tam", "ur", "ver", "wil", "zen",
    ];
    const LAST: [&str; 20] = [
        "ado", "bit", "cast", "dex", "ella", "field", "gate", "ium", "kit", "lane", "mesh", "nova", "ora",
        "point", "quay", "ridge", "scape", "ton", "via", "ware",
    ];
    const ENDINGS: [(&str, f64); 7] = [
        ("com", 0.62),
        ("net", 0.12),
        ("io", 0.09),
        ("org", 0.06),
        ("co", 0.04),
        ("app", 0.04),
        ("tv", 0.03),
    ];
    let middle = if rng.chance(0.6) { *rng.pick(&FIRST) } else { "" };
    format!("{}{middle}{}.{}", rng.pick(&FIRST), rng.pick(&LAST), rng.weighted(&ENDINGS))
}

/// An address somewhere in the world that isn't a site of anybody here.
pub(crate) fn outside_address(rng: &mut Rng) -> Ipv4Addr {
    const NETWORKS: [u8; 18] =
        [5, 31, 37, 43, 45, 61, 80, 89, 91, 103, 112, 122, 167, 176, 178, 186, 202, 218];
    Ipv4Addr::new(
        *rng.pick(&NETWORKS),
        rng.range(1, 254) as u8,
        rng.range(0, 255) as u8,
        rng.range(1, 254) as u8,
    )
}
