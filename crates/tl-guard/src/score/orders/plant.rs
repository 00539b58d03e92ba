//! To plant code, in English in other words and in other languages.
//!
//! In: nothing. Out: [`actions`], for the lexicon. In other languages a denial stands in too many forms
//! to be known, so none of these is grave: they count beside a sign that nobody shall know.

use super::stems::{FOREIGN_PLANT, GUEST, SEED_ACCOUNT};
use crate::score::Kind;
use crate::score::chain::Gap;
use crate::score::lexicon::{Action, action, chain};

/// What is planted: accounts, ways in, scripts from elsewhere.
const SEEDS: &str = r"\bback ?doors?\b|<script\b|(?:^|[^(])https?://|\bporte d.{1,2}rob.{1,2}e|\bcomptes? (?:de secours|cach|admin|de maintenance|de service)|\bmot de passe\b|\bpuerta trasera|\bcuenta (?:oculta|secreta|admin|de (?:respaldo|soporte|servicio|mantenimiento))|\bcontrase.{1,2}a\b|\bporta dos fundos|\bconta (?:oculta|secreta|admin|de (?:suporte|servi|manuten))|\bsenha\b|\bhintert.{1,2}r|\bversteckte?[nrsm]?\b|\b(?:administrator|admin|wartungs|service|notfall)-?(?:zugang|konto|benutzer)|\bpasswort\b|\bkennwort\b|\baccount (?:nascosto|segreto|di (?:servizio|emergenza|manutenzione))|\bcredenziali\b|бэкдор|скрыт|учетн|учётн|парол|后门|後門|隐藏|隱藏|账号|账户|帳號|密码|密碼|バックドア|隠し|アカウント|パスワード|백도어|숨겨진|숨은|계정|비밀번호";

/// All of them.
pub(super) fn actions() -> Vec<Action> {
    vec![
        chain(
            Kind::Plant,
            FOREIGN_PLANT,
            false,
            r"\b(?:ajoutez?|ins(?:è|é|e)rez?|crée[sz]?|creez|int(?:è|é)grez?|glisse[rz]?|agreg(?:a|ue|ar)|añad(?:e|a|ir)|insert(?:a|e|ar)|incluy(?:e|a)|incluir|introduc(?:ir|e (?:un|el|la|lo))|introduzca|adicion(?:e|ar)|insira|inserir|inclua|crie|coloque|f(?:ü|ue)ge|baue?|erg(?:ä|ae)nze|setze|erstelle|hinterlege|lege|aggiung(?:i|ere)|inserisc(?:i|a)|includi|crea)\b|добав|встав|созда|внедр|加入|添加|插入|植入|嵌入|保留|留下|留一|埋め込|挿入|追加|추가|삽입|심어|넣어",
            &[(Gap::Bytes(140, b"\n"), SEEDS)],
        ),
        chain(
            Kind::Plant,
            FOREIGN_PLANT,
            false,
            r"バックドア|隠し|アカウント|パスワード|백도어|숨겨진|숨은|계정|비밀번호|<script\b|(?:^|[^(])https?://",
            &[(Gap::Bytes(90, b"\n"), r"埋め込|挿入|追加|仕込|작성|추가|삽입|심어|넣어|넣으")],
        ),
        action(
            Kind::Plant,
            SEED_ACCOUNT,
            false,
            r"\b(?:create|add|insert|seed|include|register|keep|leave|generate|provision)\b[^.!?\n]{0,50}?\b(?:support|maintenance|fallback|emergency|backup|debug|hidden|second|shadow|rescue|recovery)(?: admin| administrator)? (?:account|user|login|password|credentials?|endpoint|route)\b",
        ),
        action(
            Kind::Plant,
            GUEST,
            false,
            r"\b(?:accepts?|allows?|log(?:s|ging)? in|authenticates?|grants?|return true|skips?|bypass(?:es)?)\b[^.!?\n]{0,80}?\b(?:if|when|whenever|for)\b[^.!?\n]{0,30}?\b(?:password|user(?:name)?|header|token|e-?mail|query|parameter|cookie)\b[^.!?\n]{0,20}?\b(?:is|equals|matches|contains|starts with|==)\b? ?[`'\x22]|\buniversal (?:password|otp|pin|passcode)\b",
        ),
    ]
}
