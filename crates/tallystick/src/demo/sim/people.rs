//! The people of the sample organization: who they are, where they sit, when they work, what they work with. It
//! exists apart from the behaviour so that the cast can be read, and extended, as one table.

use super::calendar::{self, DAY, HOUR, MINUTE};
use crate::seeded::mix;

/// The position of a person in [`PEOPLE`].
pub(crate) type PersonNo = usize;

/// What a person may do in the product; decides what they try and what they are refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Owner,
    Admin,
    Manager,
    Responder,
    Stakeholder,
}

impl Role {
    /// The role's id as the product spells it.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Manager => "manager",
            Self::Responder => "responder",
            Self::Stakeholder => "stakeholder",
        }
    }
}

/// The computer somebody uses.
#[derive(Clone, Copy)]
pub(crate) enum Device {
    MacSafari,
    MacChrome,
    WindowsEdge,
    LinuxFirefox,
}

/// One member of staff. Offsets are minutes east of UTC and fixed: the simulation has no daylight saving.
pub(crate) struct Person {
    pub(crate) name: &'static str,
    /// The part of the e-mail address before the `@`.
    pub(crate) local: &'static str,
    pub(crate) title: &'static str,
    pub(crate) team: &'static str,
    pub(crate) role: Role,
    pub(crate) country: &'static str,
    pub(crate) offset_min: i64,
    pub(crate) device: Device,
}

const fn person(
    name: &'static str,
    local: &'static str,
    title: &'static str,
    team: &'static str,
    role: Role,
    (country, offset_min): (&'static str, i64),
    device: Device,
) -> Person {
    Person { name, local, title, team, role, country, offset_min, device }
}

use Device::{LinuxFirefox, MacChrome, MacSafari, WindowsEdge};
use Role::{Admin, Manager, Owner, Responder, Stakeholder};

const PT: (&str, i64) = ("PT", 0);
const CA: (&str, i64) = ("CA", -300);
const SG: (&str, i64) = ("SG", 480);

/// Whose account the intruder takes over.
pub(crate) const VICTIM: PersonNo = 3;
/// Who finds the intrusion.
pub(crate) const HUNTER: PersonNo = 1;
/// The head of security.
pub(crate) const SECURITY_LEAD: PersonNo = 0;
/// On parental leave for the last month of the history; the intruder routes the security alerts to her.
pub(crate) const ON_LEAVE: PersonNo = 2;
/// Who reports the phishing mail.
pub(crate) const REPORTER: PersonNo = 21;
/// Who deletes the wrong schedule.
pub(crate) const CLUMSY: PersonNo = 6;
/// Whose role is wrong for three days.
pub(crate) const MISROLED: PersonNo = 30;
/// The chief executive, who owns the account.
pub(crate) const OWNER: PersonNo = 4;

/// Everybody, in the order that person numbers follow.
#[rustfmt::skip] // a table: one row a person
pub(crate) const PEOPLE: &[Person] = &[
    person("Adaeze Nwosu", "adaeze.nwosu", "Head of Security", "Security", Admin, ("GB", 0), MacSafari),
    person("佐藤 結衣 (Yui Sato)", "yui.sato", "Security Engineer", "Security", Admin, PT, LinuxFirefox),
    person("Lucía Ferreyra", "lucia.ferreyra", "SOC Lead", "Security", Responder, ("ES", 60), MacChrome),
    person("Tomás Figueiredo", "tomas.figueiredo", "IT Operations Lead", "IT", Admin, PT, MacSafari),
    person("Ingrid Løvås", "ingrid.lovas", "Chief Executive", "Leadership", Owner, ("NO", 60), MacSafari),
    person("Rafael Quintero", "rafael.quintero", "VP Engineering", "Leadership", Admin, CA, MacChrome),
    person("Dmytro Kovalenko", "dmytro.kovalenko", "Staff SRE", "Core SRE", Admin, ("PL", 60), LinuxFirefox),
    person("Priya Raghunathan", "priya.raghunathan", "SRE Manager", "Core SRE", Manager, ("IN", 330), MacChrome),
    person("Søren Kjær", "soren.kjaer", "Site Reliability Engineer", "Core SRE", Responder, ("DK", 60), MacChrome),
    person("김민준 (Minjun Kim)", "minjun.kim", "Site Reliability Engineer", "Core SRE", Responder, SG, MacChrome),
    person("Thandiwe Nkosi", "thandiwe.nkosi", "Site Reliability Engineer", "Core SRE", Responder, ("ZA",
        120), LinuxFirefox),
    person("Beatriz Carvalho", "beatriz.carvalho", "Payments Engineer", "Payments", Responder, PT, MacSafari),
    person("Nguyễn Thị Mai", "mai.nguyen", "Payments Engineer", "Payments", Responder, SG, MacChrome),
    person("Łukasz Wójcik", "lukasz.wojcik", "Payments Tech Lead", "Payments", Manager, ("PL", 60), LinuxFirefox),
    person("Zoë Okafor-Lindqvist", "zoe.okafor", "Payments Engineer", "Payments", Responder, CA, MacChrome),
    person("Mateo Quispe Mamani", "mateo.quispe", "Payments Engineer", "Payments", Responder, ("PE", -300),
        WindowsEdge),
    person("Ayşe Yıldız", "ayse.yildiz", "Engineering Manager", "Payments", Manager, ("TR", 180), MacSafari),
    person("Chen Wei 陈伟", "chen.wei", "Ledger Engineer", "Ledger", Responder, SG, MacChrome),
    person("Fatima Zahra El Amrani", "fatima.elamrani", "Ledger Tech Lead", "Ledger", Manager, ("MA", 60), MacChrome),
    person("Oluwaseun Adébáyò", "seun.adebayo", "Ledger Engineer", "Ledger", Responder, ("NG", 60), LinuxFirefox),
    person("Katarzyna Zielińska", "kasia.zielinska", "Ledger Engineer", "Ledger", Responder, ("PL", 60), LinuxFirefox),
    person("Siân Pritchard", "sian.pritchard", "Finance Analyst", "Finance", Stakeholder, ("GB", 0), WindowsEdge),
    person("Jean-Baptiste N'Diaye", "jb.ndiaye", "Fraud Engineer", "Risk", Responder, ("SN", 0), MacChrome),
    person("Leila Farahani", "leila.farahani", "Head of Risk", "Risk", Manager, CA, MacSafari),
    person("Arjun Menon", "arjun.menon", "Fraud Engineer", "Risk", Responder, ("IN", 330), LinuxFirefox),
    person("Keaweʻaimoku Kahale", "keawe.kahale", "Data Scientist", "Risk", Responder, ("US", -600), MacChrome),
    person("Hamza Benali", "hamza.benali", "Platform Engineer", "Platform", Responder, ("FR", 60), LinuxFirefox),
    person("Noa Ben-David", "noa.bendavid", "Platform Tech Lead", "Platform", Admin, ("IL", 120), MacChrome),
    person("Giulia Esposito", "giulia.esposito", "Platform Engineer", "Platform", Responder, ("IT", 60), MacSafari),
    person("Māia Tūhoe", "maia.tuhoe", "Platform Engineer", "Platform", Responder, ("NZ", 720), MacChrome),
    person("Sipho Dlamini", "sipho.dlamini", "Platform Engineer", "Platform", Responder, ("ZA", 120), LinuxFirefox),
    person("Björn Ásgeirsson", "bjorn.asgeirsson", "Database Engineer", "Platform", Responder, ("IS", 0), LinuxFirefox),
    person("Camila Duarte", "camila.duarte", "Mobile Engineer", "Apps", Responder, ("BR", -180), MacChrome),
    person("Tariq Al-Sayed", "tariq.alsayed", "Mobile Tech Lead", "Apps", Manager, ("AE", 240), MacChrome),
    person("Ewa Nowak", "ewa.nowak", "Web Engineer", "Apps", Responder, ("PL", 60), MacChrome),
    person("Linh Đặng", "linh.dang", "Web Engineer", "Apps", Responder, ("VN", 420), WindowsEdge),
    person("Siobhán Ní Dhuibhir", "siobhan.nidhuibhir", "Support Lead", "Support", Manager, ("IE", 0), WindowsEdge),
    person("José Ángel Peña", "jose.pena", "Support Engineer", "Support", Stakeholder, ("MX", -360), WindowsEdge),
    person("Nurul Aisyah binti Hassan", "nurul.hassan", "Support Engineer", "Support", Stakeholder, SG, WindowsEdge),
    person("Maxime Tremblay", "maxime.tremblay", "Support Engineer", "Support", Stakeholder, CA, WindowsEdge),
    person("Ράνια Παπαδοπούλου (Rania P.)", "rania.papadopoulou", "Compliance Officer", "Compliance",
        Manager, ("GR", 120), WindowsEdge),
    person("Olivier Uwimana", "olivier.uwimana", "Internal Auditor", "Compliance", Stakeholder, ("RW", 120),
        WindowsEdge),
    person("Hannah Goldstein", "hannah.goldstein", "Product Manager", "Product", Stakeholder, CA, MacSafari),
    person("Aroha Ngata", "aroha.ngata", "Product Manager", "Product", Stakeholder, ("NZ", 720), MacSafari),
    person("Yusuf Karimov", "yusuf.karimov", "IT Engineer", "IT", Admin, ("UZ", 300), WindowsEdge),
    person("Elena Popescu-Marin", "elena.popescu", "People Partner", "People", Stakeholder, ("RO", 120), WindowsEdge),
];

impl Person {
    /// The address at the organization's example domain.
    pub(crate) fn email(&self) -> String {
        format!("{}@northlight.example", self.local)
    }

    /// The user agent of the person's computer.
    pub(crate) fn browser(&self) -> &'static str {
        match self.device {
            MacSafari => {
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like \
                 Gecko) Version/18.6 Safari/605.1.15"
            }
            MacChrome => {
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like \
                 Gecko) Chrome/142.0.0.0 Safari/537.36"
            }
            WindowsEdge => {
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0"
            }
            LinuxFirefox => "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
        }
    }

    /// The user agent of the person's phone.
    pub(crate) fn phone(&self) -> &'static str {
        match self.device {
            MacSafari | MacChrome => "IncidentApp/7.4.1 (iPhone; iOS 26.1; Scale/3.00)",
            WindowsEdge | LinuxFirefox => "IncidentApp/7.4.0 (Android 16; Pixel 9)",
        }
    }

    /// The first minute of the working day, in minutes after local midnight; habits differ by up to two hours.
    pub(crate) fn starts_at_min(&self) -> i64 {
        480 + (mix(self.local.len() as u64 * 31 + self.name.len() as u64) % 120) as i64
    }

    /// The instant at which this person's `day` (counted in their own calendar) begins.
    pub(crate) fn midnight_ms(&self, day: i64) -> i64 {
        day * DAY - self.offset_min * MINUTE
    }

    /// Whether it is between seven and twenty-two o'clock where the person is.
    pub(crate) fn is_awake(&self, now_ms: i64) -> bool {
        let hour = (now_ms + self.offset_min * MINUTE).rem_euclid(DAY) / HOUR;
        (7..22).contains(&hour)
    }

    /// Whether the office site of the person has its own network.
    fn office(&self) -> Option<&'static str> {
        match self.country {
            "PT" => Some("203.0.113.8"),
            "CA" => Some("203.0.113.72"),
            "SG" => Some("203.0.113.136"),
            _ => None,
        }
    }
}

/// The user id of a person.
pub(crate) fn user_id(person: PersonNo) -> String {
    format!("u_{}", 1001 + person * 7)
}

/// The address somebody works from, chosen by `habit` (0 to 99): office, home (often IPv6) or the VPN's exit.
pub(crate) fn address(person: PersonNo, habit: u32) -> String {
    let who = &PEOPLE[person];
    match who.office() {
        Some(office) if habit < 55 => office.to_owned(),
        _ if habit >= 85 => format!("198.51.100.{}", 20 + person % 4),
        _ if person % 3 == 1 => {
            format!("2001:db8:{:x}:{:x}::{:x}", 0x40 + person, person * 3 + 1, person + 0x1a)
        }
        _ => format!("192.0.2.{}", 10 + person),
    }
}

/// Where somebody is travelling in the week of `day`, if at all: a country and a hotel's address.
pub(crate) fn trip(person: PersonNo, day: i64) -> Option<(&'static str, String)> {
    const PLACES: [&str; 6] = ["US", "DE", "JP", "KE", "AR", "NL"];
    let draw = mix(person as u64 * 7_919 + calendar::week(day) as u64 * 104_729);
    (draw.is_multiple_of(31) && person != VICTIM).then(|| {
        (PLACES[(draw >> 32) as usize % PLACES.len()], format!("192.0.2.{}", 200 + (draw >> 16) % 40))
    })
}

/// Whether somebody works on `day`: weekends, leave (about one week in thirteen) and public holidays are free.
pub(crate) fn is_working(person: PersonNo, day: i64, leave_from_day: i64) -> bool {
    let who = &PEOPLE[person];
    let weekend: &[i64] = if matches!(who.country, "IL") { &[4, 5] } else { &[5, 6] };
    let (_, month, of_month) = calendar::civil(day);
    let on_leave = mix(person as u64 * 15_485_863 + calendar::week(day) as u64 * 32_452_843)
        .is_multiple_of(13)
        || (person == ON_LEAVE && day >= leave_from_day);
    let holiday =
        HOLIDAYS.iter().any(|(country, m, d)| *country == who.country && *m == month && *d == of_month);
    !(weekend.contains(&calendar::weekday(day)) || holiday || on_leave && !is_needed(person))
}

/// People without whom the told stories would not work do not take a random week off.
pub(crate) fn is_needed(person: PersonNo) -> bool {
    [SECURITY_LEAD, HUNTER, VICTIM, REPORTER, CLUMSY, MISROLED].contains(&person)
}

/// Fixed-date public holidays by country, month and day.
#[rustfmt::skip] // a table
pub(crate) const HOLIDAYS: &[(&str, i64, i64)] = &[
    ("PT", 1, 1), ("PT", 4, 25), ("PT", 6, 10), ("PT", 10, 5), ("PT", 11, 1), ("PT", 12, 1), ("PT", 12, 8),
    ("PT", 12, 25), ("CA", 1, 1), ("CA", 7, 1), ("CA", 9, 30), ("CA", 12, 25), ("CA", 12, 26), ("SG", 1, 1),
    ("SG", 5, 1), ("SG", 8, 9), ("SG", 12, 25), ("PL", 1, 6), ("PL", 5, 3), ("PL", 11, 1), ("PL", 11, 11),
    ("PL", 12, 25), ("PL", 12, 26), ("GB", 1, 1), ("GB", 12, 25), ("GB", 12, 26), ("IN", 1, 26), ("IN", 8, 15),
    ("IN", 10, 2), ("ZA", 4, 27), ("ZA", 9, 24), ("ZA", 12, 16), ("MX", 9, 16), ("BR", 9, 7), ("BR", 10, 12),
    ("BR", 11, 2), ("BR", 11, 15), ("VN", 9, 2), ("AE", 12, 2), ("NZ", 2, 6), ("NZ", 4, 25),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_shares_an_address_or_an_id() {
        let emails: std::collections::BTreeSet<String> = PEOPLE.iter().map(Person::email).collect();
        let ids: std::collections::BTreeSet<String> = (0..PEOPLE.len()).map(user_id).collect();
        assert_eq!((emails.len(), ids.len()), (PEOPLE.len(), PEOPLE.len()));
    }

    #[test]
    fn the_cast_of_the_stories_is_who_the_stories_say() {
        assert_eq!(PEOPLE[VICTIM].local, "tomas.figueiredo");
        assert_eq!(PEOPLE[HUNTER].local, "yui.sato");
        assert_eq!(PEOPLE[ON_LEAVE].local, "lucia.ferreyra");
        assert_eq!(PEOPLE[REPORTER].local, "sian.pritchard");
        assert_eq!(PEOPLE[CLUMSY].local, "dmytro.kovalenko");
        assert_eq!(PEOPLE[MISROLED].local, "sipho.dlamini");
    }

    #[test]
    fn every_address_is_from_a_range_for_documentation() {
        for person in 0..PEOPLE.len() {
            for habit in 0..100 {
                let ip = address(person, habit);
                let known = ["192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"];
                assert!(known.iter().any(|prefix| ip.starts_with(prefix)), "{ip}");
                assert!(ip.parse::<std::net::IpAddr>().is_ok(), "{ip}");
            }
        }
    }
}
