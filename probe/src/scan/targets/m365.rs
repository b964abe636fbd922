//! `m365`: the services that [Office 365 encryption for data in transit] names for everybody to test, with the ports
//! of [Office 365 URLs and IP address ranges].
//!
//! [Office 365 encryption for data in transit]: https://learn.microsoft.com/purview/office-365-encryption-in-transit
//! [Office 365 URLs and IP address ranges]: https://learn.microsoft.com/microsoft-365/enterprise/urls-and-ip-address-ranges

use intransit::evidence::StartTls;
use intransit::pki::parse_host;

use super::Word;

/// One of the services.
pub(crate) struct Named {
    /// What the document calls it.
    pub(crate) service: &'static str,
    /// Its host.
    pub(crate) host: &'static str,
    /// Its ports, and how TLS starts at each.
    pub(crate) ports: &'static [(u16, Option<StartTls>)],
    /// Why it is not looked at any more.
    pub(crate) retired: Option<&'static str>,
}

const HTTPS: &[(u16, Option<StartTls>)] = &[(443, None)];
const SKYPE: Option<&str> = Some("Skype for Business Online was retired on 2021-07-31");

/// Everybody may test Microsoft's own host.
const EOP_HOST: &str = "microsoft-com.mail.protection.outlook.com";
const EOP_SUFFIX: &str = "mail.protection.outlook.com";

/// The services, in the order of the document; some have several hosts.
pub(crate) const SERVICES: &[Named] = &[
    Named { service: "Office 365 Portal", host: "portal.office.com", ports: HTTPS, retired: None },
    Named {
        service: "Exchange Online",
        host: "outlook.office365.com",
        ports: &[(443, None), (993, None), (143, Some(StartTls::Imap)), (995, None)],
        retired: None,
    },
    Named {
        service: "Exchange Online",
        host: "smtp.office365.com",
        ports: &[(587, Some(StartTls::Smtp))],
        retired: None,
    },
    Named { service: "SharePoint Online", host: "microsoft-my.sharepoint.com", ports: HTTPS, retired: None },
    Named { service: "Skype for Business (SIP)", host: "sipdir.online.lync.com", ports: HTTPS, retired: SKYPE },
    Named {
        service: "Skype for Business (SIP)",
        host: "sipfed.online.lync.com",
        ports: &[(5061, None)],
        retired: SKYPE,
    },
    Named { service: "Skype for Business (Web)", host: "webdir.online.lync.com", ports: HTTPS, retired: SKYPE },
    Named {
        service: "Exchange Online Protection",
        host: EOP_HOST,
        ports: &[(25, Some(StartTls::Smtp))],
        retired: None,
    },
    Named { service: "Microsoft Teams", host: "teams.microsoft.com", ports: HTTPS, retired: None },
];

/// What there is to look at; with a tenant's domain, its own host at Exchange Online Protection.
///
/// # Errors
/// When the domain is none.
pub(super) fn words(tenant: Option<&str>) -> Result<Vec<Word>, String> {
    let own = tenant.map(eop_host).transpose()?;
    let mut words = Vec::new();
    for named in SERVICES.iter().filter(|named| named.retired.is_none()) {
        let host = own.as_deref().filter(|_| named.host == EOP_HOST).unwrap_or(named.host);
        words.extend(named.ports.iter().map(|(port, starttls)| Word::at(host, *port, *starttls)));
    }
    Ok(words)
}

/// What is left out, and why: a line for each.
pub(crate) fn retired() -> Vec<String> {
    let line = |named: &Named| Some(format!("{} ({}) is not looked at: {}", named.host, named.service, named.retired?));
    SERVICES.iter().filter_map(line).collect()
}

/// The host at Exchange Online Protection for a domain: its dots are hyphens there. Tenants whose mail goes to
/// `mx.microsoft` have a name that cannot be derived.
///
/// # Errors
/// When it is no domain.
fn eop_host(domain: &str) -> Result<String, String> {
    let host = parse_host(domain)?.to_string();
    if !host.contains('.') || host.contains(':') || host.parse::<std::net::IpAddr>().is_ok() {
        return Err(format!("expected a domain such as contoso.com, found `{domain}`"));
    }
    Ok(format!("{}.{EOP_SUFFIX}", host.replace('.', "-")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(tenant: Option<&str>) -> Vec<String> {
        words(tenant).unwrap().into_iter().flat_map(|word| word.walk(None)).map(|service| service.name()).collect()
    }

    #[test]
    fn the_seven_services_are_there() {
        let mut services: Vec<&str> = SERVICES.iter().map(|named| named.service).collect();
        services.dedup();
        assert_eq!(services.len(), 7);
        assert_eq!(retired().len(), 3);
        let names = names(None);
        assert_eq!(names.len(), 9);
        assert!(names.contains(&"microsoft-com.mail.protection.outlook.com:25/smtp".to_owned()));
        assert!(names.contains(&"outlook.office365.com:143/imap".to_owned()));
        assert!(!names.iter().any(|name| name.contains("lync")));
    }

    #[test]
    fn a_tenant_has_a_host_of_its_own() {
        for (domain, expected) in [("contoso.com", "contoso-com"), ("Mail.Contoso.co.uk.", "mail-contoso-co-uk")] {
            let names = names(Some(domain));
            assert!(names.contains(&format!("{expected}.mail.protection.outlook.com:25/smtp")), "{names:?}");
            assert!(!names.iter().any(|name| name.starts_with("microsoft-com")));
        }
        for domain in ["contoso", "192.0.2.1", "a b.com", "::1"] {
            assert!(words(Some(domain)).is_err(), "{domain}");
        }
    }
}
