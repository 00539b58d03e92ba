//! How providers write their keys, as data: what they begin with, of which characters they are made
//! and how long they are.
//!
//! From the providers' own documentation. A format without a fixed beginning is not here: such keys
//! are found by the name that they are assigned to.

use super::Kind::{self, *};

/// Which characters a key is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    Digit,
    /// `0-9a-f`
    LowHex,
    Hex,
    /// `A-Z2-7`
    Base32,
    Upper,
    Alnum,
    /// with `_`
    Word,
    /// with `_` and `-`
    Url,
    /// with `_`, `-`, `.`
    Dotted,
    /// with `-`
    Dashed,
    /// with `+`, `/`
    Base64,
    /// with `/`
    Path,
}

impl Set {
    pub(super) const fn has(self, byte: u8) -> bool {
        let alnum = byte.is_ascii_alphanumeric();
        match self {
            Self::Digit => byte.is_ascii_digit(),
            Self::LowHex => byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'),
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Base32 => matches!(byte, b'A'..=b'Z' | b'2'..=b'7'),
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Alnum => alnum,
            Self::Word => alnum || byte == b'_',
            Self::Url => alnum || matches!(byte, b'_' | b'-'),
            Self::Dotted => alnum || matches!(byte, b'_' | b'-' | b'.'),
            Self::Dashed => alnum || byte == b'-',
            Self::Base64 => alnum || matches!(byte, b'+' | b'/'),
            Self::Path => alnum || byte == b'/',
        }
    }
}

/// What else must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    None,
    /// The last six characters are the CRC-32 of those before them, in base 62.
    Crc32,
    /// The text of the key has this inside.
    Inside(&'static str),
    /// The file speaks of the provider.
    Near(&'static str),
    /// Three parts; the first is the JSON head of a signed token.
    Jwt,
    /// So many parts between dots, each at least this long.
    Parts(&'static [usize]),
}

/// One way to write a key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    pub(super) kind: Kind,
    pub(super) prefix: &'static str,
    /// What stands before the prefix and belongs to the key.
    pub(super) before: Option<(Set, usize, usize)>,
    pub(super) set: Set,
    /// Characters behind the prefix.
    pub(super) least: usize,
    pub(super) most: usize,
    pub(super) proof: Proof,
}

const fn format(kind: Kind, prefix: &'static str, set: Set, least: usize, most: usize) -> Format {
    Format { kind, prefix, before: None, set, least, most, proof: Proof::None }
}

impl Format {
    const fn proof(self, proof: Proof) -> Self {
        Self { proof, ..self }
    }

    const fn before(self, set: Set, least: usize, most: usize) -> Self {
        Self { before: Some((set, least, most)), ..self }
    }
}

/// All that are known.
pub(super) static FORMATS: &[Format] = &[
    format(GitHub, "ghp_", Set::Word, 36, 255).proof(Proof::Crc32),
    format(GitHub, "gho_", Set::Word, 36, 255).proof(Proof::Crc32),
    format(GitHub, "ghu_", Set::Word, 36, 255).proof(Proof::Crc32),
    format(GitHub, "ghs_", Set::Dotted, 36, 1024).proof(Proof::Crc32),
    format(GitHub, "ghr_", Set::Word, 36, 255).proof(Proof::Crc32),
    format(GitHub, "github_pat_", Set::Word, 60, 255),
    format(Npm, "npm_", Set::Alnum, 36, 36).proof(Proof::Crc32),
    format(Aws, "AKIA", Set::Base32, 16, 16),
    format(Aws, "ASIA", Set::Base32, 16, 16),
    format(Aws, "ABSK", Set::Base64, 100, 260),
    format(Google, "AIza", Set::Url, 35, 35),
    format(Google, "GOCSPX-", Set::Url, 28, 28),
    format(Google, "ya29.", Set::Dotted, 60, 2048),
    format(Azure, "AccountKey=", Set::Base64, 86, 86),
    format(Azure, "SharedAccessKey=", Set::Base64, 43, 43),
    format(Azure, "8Q~", Set::Dotted, 31, 36).before(Set::Dotted, 3, 3),
    format(Azure, "7Q~", Set::Dotted, 31, 36).before(Set::Dotted, 3, 3),
    format(Slack, "xoxb-", Set::Dashed, 30, 200),
    format(Slack, "xoxp-", Set::Dashed, 30, 200),
    format(Slack, "xoxa-", Set::Dashed, 30, 200),
    format(Slack, "xoxr-", Set::Dashed, 30, 200),
    format(Slack, "xoxs-", Set::Dashed, 30, 200),
    format(Slack, "xoxe-", Set::Dashed, 30, 250),
    format(Slack, "xoxc-", Set::Dashed, 30, 200),
    format(Slack, "xoxd-", Set::Base64, 30, 300),
    format(Slack, "xapp-", Set::Dashed, 50, 200),
    format(Slack, "hooks.slack.com/services/", Set::Path, 40, 90),
    format(Stripe, "sk_live_", Set::Alnum, 20, 255),
    format(Stripe, "rk_live_", Set::Alnum, 20, 255),
    format(Stripe, "sk_test_", Set::Alnum, 20, 255),
    format(Stripe, "rk_test_", Set::Alnum, 20, 255),
    format(Stripe, "whsec_", Set::Base64, 32, 64),
    format(OpenAi, "sk-", Set::Alnum, 48, 48).proof(Proof::Inside("T3BlbkFJ")),
    format(OpenAi, "sk-proj-", Set::Url, 40, 200),
    format(OpenAi, "sk-svcacct-", Set::Url, 40, 200),
    format(OpenAi, "sk-admin-", Set::Url, 40, 200),
    format(Anthropic, "sk-ant-", Set::Url, 60, 160),
    format(GitLab, "glpat-", Set::Dotted, 20, 320),
    format(GitLab, "gldt-", Set::Dotted, 20, 320),
    format(GitLab, "glrt-", Set::Dotted, 20, 320),
    format(GitLab, "glptt-", Set::Dotted, 40, 320),
    format(GitLab, "glcbt-", Set::Dotted, 20, 320),
    format(GitLab, "glsoat-", Set::Dotted, 20, 320),
    format(GitLab, "glagent-", Set::Dotted, 50, 320),
    format(GitLab, "gloas-", Set::Dotted, 60, 320),
    format(GitLab, "GR1348941", Set::Url, 20, 20),
    format(HuggingFace, "hf_", Set::Alnum, 34, 34),
    format(HuggingFace, "api_org_", Set::Alnum, 34, 34),
    format(Pypi, "pypi-AgE", Set::Url, 50, 2048),
    format(DigitalOcean, "dop_v1_", Set::LowHex, 64, 64),
    format(DigitalOcean, "doo_v1_", Set::LowHex, 64, 64),
    format(DigitalOcean, "dor_v1_", Set::LowHex, 64, 64),
    format(Databricks, "dapi", Set::LowHex, 32, 32),
    format(Databricks, "dose", Set::LowHex, 32, 32).proof(Proof::Near("databricks")),
    format(Shopify, "shpat_", Set::Hex, 32, 32),
    format(Shopify, "shpca_", Set::Hex, 32, 32),
    format(Shopify, "shppa_", Set::Hex, 32, 32),
    format(Shopify, "shpss_", Set::Hex, 32, 32),
    format(Mail, "SG.", Set::Dotted, 60, 72).proof(Proof::Parts(&[16, 40])),
    format(Mail, "xkeysib-", Set::Dashed, 81, 81),
    format(Mail, "-us", Set::Digit, 1, 2).before(Set::LowHex, 32, 32),
    format(Mail, "key-", Set::LowHex, 32, 32).proof(Proof::Near("mailgun")),
    format(Twilio, "SK", Set::LowHex, 32, 32).proof(Proof::Near("twilio")),
    format(Telegram, ":AA", Set::Url, 33, 33).before(Set::Digit, 8, 10),
    format(Discord, "discord.com/api/webhooks/", Set::Url, 17, 20),
    format(Discord, "discordapp.com/api/webhooks/", Set::Url, 17, 20),
    format(PrivateKey, "AGE-SECRET-KEY-1", Set::Upper, 58, 58),
    format(Jwt, "eyJ", Set::Dotted, 60, 8192).proof(Proof::Jwt),
    format(Model, "gsk_", Set::Alnum, 52, 52),
    format(Model, "xai-", Set::Alnum, 80, 80),
    format(Model, "pplx-", Set::Alnum, 48, 56),
    format(Model, "r8_", Set::Alnum, 37, 37),
    format(Model, "sk-or-v1-", Set::LowHex, 64, 64),
    format(Model, "nvapi-", Set::Url, 60, 70),
    format(Model, "lsv2_pt_", Set::Word, 43, 43),
    format(Model, "lsv2_sk_", Set::Word, 43, 43),
    format(Model, "tvly-", Set::Url, 32, 64),
    format(Model, "fc-", Set::LowHex, 32, 32),
    format(Model, "jina_", Set::Word, 60, 60),
    format(Model, "pcsk_", Set::Word, 60, 80),
    format(Model, "e2b_", Set::LowHex, 40, 40),
    format(Model, "sk_", Set::LowHex, 48, 48),
    format(Model, "csk-", Set::Alnum, 48, 48),
    format(Model, "ctx7sk-", Set::Dashed, 36, 36),
    format(Hosting, "HRKU-", Set::Url, 36, 70),
    format(Hosting, "fo1_", Set::Url, 43, 43),
    format(Hosting, "FlyV1 fm2_", Set::Base64, 80, 2048),
    format(Hosting, "nfp_", Set::Alnum, 36, 36),
    format(Hosting, "vercel_blob_rw_", Set::Word, 30, 80),
    format(Hosting, "sbp_", Set::LowHex, 40, 40),
    format(Hosting, "sb_secret_", Set::Url, 30, 60),
    format(Hosting, "pscale_tkn_", Set::Dotted, 32, 64),
    format(Hosting, "pscale_pw_", Set::Dotted, 32, 64),
    format(Hosting, "rnd_", Set::Alnum, 28, 32).proof(Proof::Near("render")),
    format(Hosting, "dp.pt.", Set::Alnum, 40, 44),
    format(Hosting, "dp.st.", Set::Dotted, 40, 60),
    format(Hosting, "hvs.", Set::Url, 24, 160),
    format(Hosting, "hvb.", Set::Url, 80, 300),
    format(Hosting, "pul-", Set::LowHex, 40, 40),
    format(Hosting, ".atlasv1.", Set::Url, 60, 70).before(Set::Alnum, 14, 14),
    format(Hosting, "LTAI", Set::Alnum, 20, 20).proof(Proof::Near("ali")),
    format(Hosting, "napi_", Set::Alnum, 60, 70),
    format(Tool, "lin_api_", Set::Alnum, 40, 40),
    format(Tool, "ntn_", Set::Alnum, 46, 46),
    format(Tool, "secret_", Set::Alnum, 43, 43).proof(Proof::Near("notion")),
    format(Tool, "figd_", Set::Url, 40, 45),
    format(Tool, "PMAK-", Set::Dashed, 59, 59),
    format(Tool, "sntrys_", Set::Base64, 60, 2048),
    format(Tool, "sntryu_", Set::LowHex, 64, 64),
    format(Tool, "NRAK-", Set::Upper, 27, 27),
    format(Tool, "glsa_", Set::Word, 41, 41),
    format(Tool, "glc_", Set::Base64, 60, 400),
    format(Tool, "dt0c01.", Set::Dotted, 80, 100),
    format(Tool, "ATATT3xFfGF0", Set::Url, 150, 220),
    format(Tool, "ATCTT3xFfG", Set::Url, 150, 220),
    format(Tool, "ATBB", Set::Alnum, 32, 32),
    format(Tool, "dckr_pat_", Set::Url, 27, 36),
    format(Tool, "rubygems_", Set::LowHex, 48, 48),
    format(Tool, "cio", Set::Alnum, 32, 32).proof(Proof::Near("crates")),
    format(Tool, "oy2", Set::Alnum, 43, 43).proof(Proof::Near("nuget")),
    format(Tool, "CLOJARS_", Set::LowHex, 60, 60),
    format(Tool, "sgp_", Set::Word, 40, 90),
    format(Tool, "sqp_", Set::LowHex, 40, 40),
    format(Tool, "squ_", Set::LowHex, 40, 40),
    format(Tool, "sqa_", Set::LowHex, 40, 40),
    format(Tool, "bkua_", Set::LowHex, 40, 40),
    format(Tool, "CCIPAT_", Set::Word, 40, 80),
    format(Tool, "pnu_", Set::Alnum, 36, 36),
    format(Tool, "CFPAT-", Set::Url, 43, 43),
    format(Tool, "sq0csp-", Set::Url, 43, 43),
    format(Tool, "sq0atp-", Set::Url, 22, 22),
    format(Tool, "pat", Set::Dotted, 79, 79).proof(Proof::Parts(&[14, 64])),
    format(Tool, "phx_", Set::Alnum, 40, 48),
    format(Tool, "apify_api_", Set::Alnum, 30, 40),
    format(Tool, "EZAK", Set::Alnum, 54, 54),
    format(Tool, "tskey-", Set::Dashed, 30, 80),
    format(Tool, "ops_eyJ", Set::Base64, 250, 2048),
    format(Tool, "cmVmdGtuOj", Set::Base64, 50, 64),
    format(Tool, "AKCp", Set::Alnum, 60, 80),
];
