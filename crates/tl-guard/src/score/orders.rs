//! More that attacks order: to destroy, to plant code, to loosen the agent's own settings, to lure a
//! person into running a program, and the same in other languages than English.
//!
//! In: nothing. Out: [`actions`] and their stems, for the lexicon. What no honest text asks for is
//! [`grave`]: it needs no second sign.

use super::Kind;
use super::chain::Gap;
use super::lexicon::{Action, Mask, action, beside, chain, grave, whole};
use stems::{
    ABROAD, CARRY, CLOUD, CONFIG_FILE, DESTROY, FACTORY, FETCHED, GO_ON, HOME, IMAGE, INDEX, LOOT,
    LOOT_NAME, LURE, OUT, PLANT, PREFER, PRIZE, PUBLIC, REMOTE, SEED, SEEK, SETTING, TALK,
    TALK_NAME, TARGET, TIMES, VARIABLE, VERDICT, WAY_IN, WEAKEN,
};
pub(super) use stems::{ANNOUNCE, HUSH_ABROAD, LINK, REPLY, STEMS};

mod abroad;
mod entities;
mod leak;
mod plant;
mod review;
mod stems;
mod unbound;

/// Files of secrets, by name.
macro_rules! loot {
    () => {
        r"(?:\.env\b|\bid_(?:rsa|ed25519|ecdsa)|\bkeystore|\bwallets?\b|\bmetamask|\*\.key\b|\*\.pem\b|\.ssh\b|\.aws\b|\.npmrc|\.netrc|\.pypirc|\.kube/config|\.git-credentials|\bcredentials?\b|\bseed phrases?|\bkeychain|\bcookies\b)"
    };
}

/// A file of secrets that has one name.
macro_rules! secret_file {
    () => {
        r"(?:\.ssh/|\.ssh\b/?|\bid_(?:rsa|ed25519|ecdsa)|(?:^|[^\w])\.env\b|\.aws/credentials|\.netrc|\.npmrc|\.pypirc|\.git-credentials|\.kube/config|\.docker/config|\.config/(?:gh|gcloud|solana)\b|~/\.(?:config|ssh|aws|gnupg)\b|\bhosts\.yml|\.claude/projects|['\x22]?\bLogin Data\b|\bLocal State\b|/etc/shadow|\bmcp\.json|claude_desktop_config|\bcredentials\.json)"
    };
}

/// All of them.
pub(super) fn actions() -> Vec<Action> {
    let mut all = destruction();
    all.extend(planting());
    all.extend(theft());
    all.extend(luring());
    all.extend(steering());
    all.extend(abroad());
    all.extend(review::actions());
    all.extend(leak::actions());
    all.extend(plant::actions());
    all.extend(entities::actions());
    all.extend(abroad::actions());
    all.extend(unbound::actions());
    all
}

/// To end what a person has.
fn destruction() -> Vec<Action> {
    vec![
        grave(action(
            Kind::Destroy,
            DESTROY.with(PRIZE),
            false,
            r"\b(?:delet(?:e|ing)|wip(?:e|ing)|eras(?:e|ing)|destroy(?:ing)?|purg(?:e|ing)|format)\b(?:(?: \w+){0,3}? (?:(?:the |a |your )?(?:user'?s? )?home director(?:y|ies)|cloud (?:resources|accounts|infrastructure)|hard (?:drive|disk)s?|root (?:directory|file ?system)|all (?:of )?(?:the )?(?:user'?s (?:files|data|documents)|repositories|databases|backups)\b|everything (?:on|in|under) (?:the |this |your )?(?:system|machine|disk|computer|home|account))|(?: (?:all|of|the|your|this|entire|whole|complete|local|root|host|user)(?:'?s)?){1,4} file systems?\b|(?: (?:all|of|the|your|this|entire|whole|complete|local|root|host|user)(?:'?s)?){0,4} file-?systems?\b)",
        )),
        action(
            Kind::Destroy,
            FACTORY,
            false,
            r"\bnear[- ]factory state|\bclean(?:ing)? (?:a|the|this) (?:system|machine|computer) to (?:(?:a|its|the) )?(?:factory|pristine)\b|\b(?:using|run|execute|call|such as)\b[^\n]{0,60}?\baws (?:--profile \S+ )?(?:ec2 terminate-instances|s3 rm|s3 rb|iam delete-user)\b",
        ),
        grave(action(
            Kind::Destroy,
            DESTROY.with(HOME),
            false,
            r"\b(?:delet(?:e|ing)|wip(?:e|ing)|eras(?:e|ing)|destroy(?:ing)?|remov(?:e|ing))\b(?: \w+){0,2}? (?:every|all)(?: the)? (?:files?|directories|data)\b(?: \w+){0,2}? (?:in|under|below|of|from) [`'\x22]?(?:\$HOME|~|/(?:[\s,;`'\x22*]|\.?$|\.\s)|the home|the user'?s)",
        )),
        grave(action(
            Kind::Destroy,
            CLOUD,
            false,
            r"\b(?:aws|gcloud)\b[^\n]{0,50}?\b(?:terminate-instances|s3 r[mb]|delete-\w+|instances delete)\b[^\n]{0,120}?\b(?:aws|gcloud|iam|ec2|s3)\b[^\n]{0,40}?\b(?:terminate-instances|r[mb] |delete-\w+)",
        )),
    ]
}

/// To put something into what the agent writes, and to leave out what protects.
fn planting() -> Vec<Action> {
    vec![
        chain(
            Kind::Plant,
            PLANT.with(SEED),
            false,
            r"\b(?:add|insert|inject|include|append|embed|put|plant)(?:s|ing)?\b",
            &[(
                Gap::Bytes(40, b".!?\n"),
                r"<script\b|\bscript tags?\b|\biframes?\b|\btracking pixels?|\bbeacons?\b|\bback ?doors?\b|\bhidden (?:admin|user|account|endpoint|route|iframe|(?:form )?fields? (?:that|which|with|to|sending|posting))|\bweb ?shells?\b|\bhard-?coded (?:password|credential|key|account|token)|\bmaster password",
            )],
        ),
        action(
            Kind::Plant,
            WEAKEN,
            false,
            r"\b(?:disable|turn off|switch off|skip|remove|never (?:use|add|enforce|perform)|do not (?:use|add|enforce|perform|include)|don't (?:use|add|enforce|perform|include)|leave out|omit)\b(?: \w+){0,3}? (?:(?:tls|ssl|certificate|cert)(?: certificate)? (?:verification|validation|checks?)|input (?:validation|sanitization)|saniti[sz]ation|authentication checks?|authorization checks?|csrf (?:protection|tokens?|checks?)|parameterized queries|security (?:checks?|reviews?))",
        ),
        action(
            Kind::Plant,
            WAY_IN,
            false,
            r"\b(?:yields?|grants?|gives?|opens?|returns?|creates?)\b[^.!?\n]{0,30}?\b(?:an )?admin(?:istrator)? (?:session|access|rights|token)\b",
        ),
    ]
}

/// To take stock of secrets, to hand them on.
fn theft() -> Vec<Action> {
    vec![
        chain(
            Kind::Secret,
            SEEK.with(LOOT),
            false,
            r"\b(?:search(?:es|ing)?|locat(?:e|ing)|find|list|scan|enumerat(?:e|ing)|inventory|look for|glob)\b",
            &[
                (Gap::Bytes(160, b""), loot!()),
                (Gap::Bytes(50, b"\n"), loot!()),
                (Gap::Bytes(50, b"\n"), loot!()),
            ],
        ),
        grave(chain(
            Kind::Send,
            LOOT.with(OUT),
            false,
            secret_file!(),
            &[
                (
                    Gap::Bytes(120, b""),
                    r"\b(?:append|include|add|put|paste|post|write|embed|attach|send|upload|forward|share|curl|commit)\b",
                ),
                (
                    Gap::Bytes(90, b""),
                    r"https?://|\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b|\b(?:pull request|merge request|issue|commit message|description|comment|gist|pastebin|webhook|public repo\w*)\b|[\w.+-]+@[\w-]+\.[a-z]",
                ),
            ],
        )),
        grave(action(
            Kind::Send,
            OUT.with(PUBLIC),
            false,
            r"\b(?:upload|post|send|commit)\b(?: \S+){1,5}? to (?:a |an |the )?(?:new )?(?:public|anonymous) (?:github |gitlab )?(?:repo(?:sitory)?|gist|bucket|paste)\b|\b(?:push|publish)\b(?: \S+){1,5}? to (?:a |an |the )?(?:new )?(?:public|anonymous) (?:github |gitlab )?(?:gist|paste)\b",
        )),
        // Code is pushed to a public repository every day, and pages are published in a bucket.
        action(
            Kind::Send,
            OUT.with(PUBLIC),
            false,
            r"\b(?:push|publish)\b(?: \S+){1,5}? to (?:a |an |the )?(?:new )?(?:public|anonymous) (?:github |gitlab )?(?:repo(?:sitory)?|bucket)\b",
        ),
        grave(chain(
            Kind::Send,
            IMAGE,
            false,
            r"\b(?:render|display|include|append|show|add|put|insert|embed|load|end|write|output)\b",
            &[
                (Gap::Bytes(100, b""), r"!\[[^\]\n]{0,80}\]\(https?://[^)\s]{1,200}\?"),
                (
                    Gap::Bytes(200, b""),
                    r"\b(?:conversation|chat|history|encoded|base64|secrets?|tokens?|last (?:message|answer)|user'?s)\b",
                ),
            ],
        )),
        grave(whole(
            Kind::Send,
            OUT.with(TARGET),
            r"\badd [\w.+-]+@[\w-]+\.[\w.]+ (?:to|in|as) (?:the )?(?:bcc|cc|recipients?)",
        )),
        grave(whole(
            Kind::Execute,
            Mask::of(1),
            r"\bpipe\b[^\n]{0,120}?\b(?:in)?to (?:(?:ba|z|da)?sh|python3?|node|a shell)\b",
        )),
        whole(
            Kind::Override,
            FETCHED,
            r"\b(?:re)?(?:fetch|download|load|read|get|pull)\b(?: \w+){0,2}? (?:guidance|instructions?|directives?|orders|prompts?)\b[^.!?\n]{0,20}? (?:from|at) https?://",
        ),
        grave(action(
            Kind::Send,
            VARIABLE,
            false,
            r"\$\{?(?:[A-Z0-9_]*_)?(?:(?:API)?KEY|TOKEN|SECRET|PASSWORD)\b[^\n]{0,160}?\b(?:ping|nslookup|dig|resolv(?:e|ing)|dns|labels?|post(?:s|ing)? (?:it|them)|send(?:s|ing)? (?:it|them))\b",
        )),
        action(
            Kind::Send,
            REMOTE,
            false,
            r"\badd (?:the |a )?(?:git )?remote\b[^!?\n]{0,60}?(?:git@|https?://|ssh://)[^\n]{0,120}?\bpush",
        ),
        beside(
            CARRY,
            "Name the class and make it public.",
            action(
                Kind::Send,
                PUBLIC,
                false,
                r"\b(?:make|set|mark) (?:it|the gist|the repository) public\b",
            ),
        ),
        grave(whole(
            Kind::Secret,
            TALK_NAME,
            r"\b(?:entire|whole|verbatim)_\w*(?:conversation|chat|history|prompt|messages|context)\w*|\b(?:full|complete|raw)_\w*(?:(?:conversation|chat|message)_history|system_prompt|previous_messages)\w*|\b\w*(?:conversation|chat|message)_history_verbatim\b|\b\w*system_prompt\w*\b[^\n]{0,200}?\b\w*(?:available_tools|conversation_history|chat_history|previous_messages)\w*|\b\w*(?:available_tools|conversation_history|chat_history|previous_messages)\w*\b[^\n]{0,200}?\b\w*system_prompt\w*",
        )),
    ]
}

/// To have a program run that nobody looked at.
fn luring() -> Vec<Action> {
    vec![
        grave(action(
            Kind::Lure,
            LURE,
            false,
            r"(?:\.zip|\.7z|\.rar|\barchive)\b[^\n]{0,160}?(?:\bpass(?:word|phrase|code)\b\s*(?:is|:|=|`|'|\x22|\()|\bpass\b\s*(?:is\b|:|=)|\b(?:with|the|its|using) pass\b\s*(?:`|'|\x22|\())",
        )),
        grave(action(
            Kind::Lure,
            LURE,
            false,
            r"\b(?:glot\.io|pastebin\.com|rentry\.\w+|hastebin\.\w+|dpaste\.\w+|paste\.\w+)/?\S*[^\n]{0,160}?\b(?:terminal|powershell|command prompt|cmd)\b|\b(?:copy|paste)\b[^\n]{0,60}?\b(?:installation|install|setup|activation) (?:script|command|code)\b[^\n]{0,60}?\b(?:into|in|to) (?:your |the |a )?(?:terminal|powershell|command prompt|cmd)\b",
        )),
        grave(action(
            Kind::Execute,
            INDEX,
            false,
            r"\bpip3? install\b[^\n]{0,80}?--(?:extra-)?index-url[ =]+http://|\bnpm (?:i|install|add)\b[^\n]{0,80}?--registry[ =]+http://|\b(?:pip3? install|npm (?:i|install)|npx|uvx)\b[^\n]{0,60}?(?:git\+)?http://",
        )),
    ]
}

/// To act unasked, to change where things go, to be asked first.
fn steering() -> Vec<Action> {
    vec![
        action(
            Kind::Loosen,
            SETTING,
            false,
            r"\b(?:set|add|enable|put|change|write|turn on|switch on|start|run|use|edit|update)\b[^!?\n]{0,80}?(?:\bauto[_-]?approv\w*|\balways[_-]?allow\b|\bbypassPermissions\b|skip-?permissions\b|--yolo\b|\byolo mode|\bapproval[_-]policy\b|\bdefaultMode\b|\benableAllProjectMcpServers\b|--full-auto\b|\bdanger-full-access\b|--trust-all-tools\b|--allow-all-tools\b|--dangerously-(?:skip|bypass|allow)|\bautoAccept\b)",
        ),
        action(
            Kind::Guard,
            Mask::of(1 << 13),
            false,
            r"\b(?:do not|don't|never|no need to|without)(?: \w+)? (?:ask(?:ing)?|wait(?:ing)?|prompt(?:ing)?|request(?:ing)?)(?: \w+){0,4}? (?:approval|confirmation|permission|verification)",
        ),
        grave(whole(
            Kind::Parameter,
            TARGET,
            r"\b(?:change|set|replace|redirect|substitute|swap)\b(?: the)?(?: \w+)? (?:recipient|bcc|address|account(?: number)?|phone(?: number)?|destination|iban|wallet(?: address)?|beneficiary)\b[^.!?\n]{0,30}?\b(?:to|with|by)\b[^.!?\n]{0,10}?(?:\+?\d{6,}|[\w.+-]+@[\w-]+\.\w|0x[0-9a-f]{8}|https?://|[a-z]{2}\d{2}[a-z0-9 ]{10,})",
        )),
        grave(whole(
            Kind::Secret,
            TALK,
            r"\b(?:full|entire|complete|whole|exact|verbatim|all|every)\b[^.!?\n]{0,40}?\b(?:system prompt|(?:previous|prior|earlier|past|preceding) (?:messages?|turns?|conversations?)|conversation(?: history| so far)?|chat history|message history|transcript|reasoning)\b[^.\n]{0,40}?\b(?:verbatim|as[- ]is|word for word|here|required|including|so far|optimi[sz]|context|analytics|diagnos|quality|telemetry)",
        )),
        grave(whole(
            Kind::Secret,
            LOOT_NAME,
            r"\b(?:contents?|values?|text)_of_\w*(?:key|secret|token|password|credential|env)\w*",
        )),
        whole(
            Kind::Redirect,
            PREFER,
            r"\b(?:always|must|only|should)(?: always)? (?:prefer|use|choose|select|call|pick) this (?:tool|server)\b[^.!?\n]{0,40}?\b(?:over|instead of|rather than|before|and not) (?:any|all|every|the) others?\b|\b(?:never|do not|don't) (?:use|call|choose|prefer) (?:any |the )?other (?:tools?|servers?)\b",
        ),
        whole(
            Kind::Runaway,
            TIMES,
            r"\b(?:call|invoke|run|use)\b[^.!?\n]{0,60}?\b(?:(?:\d{2,}|(?:a )?hundred|thousand)s? times|before every (?:other )?tool|after (?:each|every) (?:of its )?(?:results?|answers?|calls?))",
        ),
        grave(whole(
            Kind::Loosen,
            CONFIG_FILE,
            r"\b(?:register|add|write|append|insert|put|place|edit|modify)\b[^!?\n]{0,120}?(?:\.mcp\.json|\bmcp\.json|\bsettings(?:\.local)?\.json|\bhooks\.json|\bmcp_config\.json)",
        )),
        grave(action(
            Kind::Redirect,
            PREFER,
            false,
            r"\balways (?:choose|use|prefer|pick|select|call) this (?:one|tool|server)?\b[^.!?\n]{0,40}?\b(?:even (?:if|when)|whatever|no matter)",
        )),
        grave(action(
            Kind::Redirect,
            PREFER,
            false,
            r"\bprioriti[sz]e (?:the use of|calling|using|running|invoking|choosing) (?:this|[\w-]+'s)(?: \w+)? (?:tool|server|function|service)\b|\bis the highest[- ]priority(?: \w+)? (?:tool|server|function|service)\b",
        )),
        whole(
            Kind::Redirect,
            PREFER,
            r"\b(?:every|all|any) others? (?:\w+ ){0,2}?(?:tools?|servers?)\b[^.!?\n]{0,80}?\b(?:never|must not|outdated|unsafe|broken|deprecated|illegal|wrong)\b",
        ),
        grave(action(
            Kind::Runaway,
            GO_ON,
            false,
            r"\bnever stop\b[^.!?\n]{0,20}?\b(?:not )?even (?:if|when)\b",
        )),
        action(
            Kind::Runaway,
            GO_ON,
            false,
            r"\b(?:continue|repeat|go on|keep going|run|loop)\b[^.!?\n]{0,60}?\bwithout (?:any )?(?:limit|end)\b|\b(?:budget|cost|quota|token|rate)\b[^.!?\n]{0,30}?\b(?:are|is|be) (?:to be )?(?:ignored|disregarded)",
        ),
        action(
            Kind::Guard,
            VERDICT,
            false,
            r"\breport zero (?:findings|issues|problems)|\bstate that the (?:scan|review|code) (?:was|is) (?:clean|safe|fine)|\bapprove your own (?:pull|merge)|\bcommit (?:with|using) [`'\x22]?--no-verify",
        ),
    ]
}

/// To read a file of secrets, in other languages.
fn abroad() -> Vec<Action> {
    vec![
        chain(
            Kind::Secret,
            ABROAD.with(LOOT),
            false,
            r"\b(?:lee|lea|leer|lies|lese|lesen|lis|lisez|lire|leia|ler|leggi|leggere)\b|(?:П|п)рочитай|(?:П|п)рочти|прочесть|(?:С|с)читай|读取|讀取|阅读",
            &[(Gap::Bytes(90, b"\n"), secret_file!())],
        ),
        chain(
            Kind::Secret,
            ABROAD.with(LOOT),
            false,
            secret_file!(),
            &[(Gap::Bytes(60, b"\n"), r"読み|読ん|読み取|읽|내용|内容|中身|\blesen\b")],
        ),
        chain(
            Kind::Send,
            ABROAD,
            false,
            r"上传|上傳|发送|提交|\b(?:envía|envie|envoie|mande|sube|sende|schicke|lade|téléverse)\b|тправ|агруз|ыгруз",
            &[(Gap::Bytes(160, b"\n"), r"https?://")],
        ),
        chain(
            Kind::Send,
            ABROAD,
            false,
            r"https?://",
            &[(Gap::Bytes(60, b"\n"), r"送信|アップロード|전송|업로드|보내")],
        ),
    ]
}

/// That a person shall not know: turns that are no negated verb.
pub(super) const CONCEAL_TURNS: &str = r"\bkeep (?:it|this|that) to yourself|\b(?:do not|don't) bring (?:it|this|that) up|\bno mention (?:is )?needed|\b(?:shall|must|should|need) not be (?:mentioned|told|shown|reported|disclosed|announced)\b|\bis left out of (?:the )?(?:docs|documentation|comments|answers?|summary|pull request)|\bleave (?:it|this|that|the files) out of (?:it|the|your)\b|\bkeep(?:ing)? (?:this|the|these|it)(?: \w+)? out of (?:the |your )?(?:chat|transcript|summary|answer|conversation|log)|\bas if nothing (?:had )?happened|\b(?:users?|reviewers?|developers?|the person|the human|customers?|people) (?:need|needs|have|has|should|shall|must|are|is|will)(?: not|n't)(?: to| be| have to)? (?:know|notice|learn|see it|hear|told|shown|informed|bothered)|\b(?:they|users?|reviewers?|people) are not (?:told|shown|informed)|\b(?:leave|keep)(?:ing|s)?\b[^.!?\n]{0,40}?\bout of (?:the )?(?:changelog|comments|chat|transcript|summary|log|docs|pull request|commit)|\brefrain from (?:mentioning|telling|informing|reporting)|\bdevelopers dislike noise|\bclear (?:the )?(?:shell|bash|zsh|command) history|\b(?:silently|quietly|discreetly|secretly|covertly|unprompted)\b[^.!?\n]{0,20}?\b(?:add|push|send|upload|write|insert|put|post|copy|create|install|run)\b";

/// That a person shall not know, in other languages.
pub(super) const CONCEAL: &str = r"\bn(?:'|’)en (?:parle|dis|fais)|discrètement|\ben secreto\b|\bheimlich\b|\bdiscretamente\b|незаметно|静默|悄悄|こっそり|몰래|\bno (?:se )?lo (?:digas|cuentes|menciones)|\bno (?:le )?(?:digas|informes|menciones|cuentes)\b.{0,40}?\busuario|\bsag(?:e|en)?\b.{0,30}?\b(?:benutzer|nutzer|anwender)\w*\b.{0,20}?\bnicht|\berw.{1,2}hne\b.{0,40}?\bnicht|\bne (?:le |lui |la |les )?(?:dis|dites|mentionne[sz]?|r.{1,2}v.{1,2}le[sz]?|informe[sz]?)\b.{0,40}?\b(?:pas|rien|jamais)\b|\bno menciones (?:est|la |el |nada)|\bno (?:tiene(?: por)? que|debe|necesita) (?:enterarse|saber|verlo|ver)|\b(?:benutzer|nutzer|anwender)\w*\b.{0,40}?\bnichts? (?:davon |dar.{1,2}ber )?(?:erfahren|wissen|merken|mitbekommen|angezeigt|gezeigt|mitgeteilt)\b|\bl(?:'|’)insu d|\bne doit (?:pas|rien) (?:le )?(?:savoir|voir)|\bsem que o usu|\bn.{1,2}o (?:deve|precisa) saber|\ball(?:'|’)insaputa|\bnon deve sapere|не должен (?:знать|видеть)|никому не показывай|瞒着|背着用户|不让用户|无需告知|(?:利用者|使用者|ユーザー)(?:に|には|へ).{0,60}?(?:見せ|示さ).{0,9}?(?:ない|ず)|모르게|لا تخبر|دون علم|\bsin (?:avisar|mencionar|decir(?:lo|selo)?|informar)\b|\bsem (?:avisar|mencionar|informar|contar)\b|\bn.{1,2}o mencione\b|\bsenza (?:dirlo|avvisare|informare|menzionar)|\bdi nascosto\b|\bohne (?:es |das |dies )?(?:\w+ )?zu (?:erw.{1,2}hnen|informieren|sagen)|\b(?:unbemerkt|stillschweigend|unauff.{1,2}llig)\b|\berw.{1,2}hne\b.{0,40}?\b(?:weder|nie|niemals|nirgends|keinesfalls)\b|не упоминай|никому не говори|втайне|скрытно|(?:不要|请勿|切勿|不得|勿).{0,60}?(?:提到|提及|透露)|(?:言及し|触れ|明かさ).{0,9}?(?:ない|ず)|(?:언급|알리|말하)(?:하지|지) ?(?:마|말)|\bsans (?:le |en )?(?:dire|informer|pr.{1,2}venir)\b.{0,20}?\butilisateur|\bn.{1,2}o (?:conte|diga|mencione|informe|avise|revele)\b.{0,40}?\busu.{1,2}rio|\bnon (?:dire|dirlo|menzionare|informare)\b.{0,40}?\butente|ользователю[^.!?\n]{0,60}?не (?:сообщай|говори|показывай|рассказывай)|(?:Не|не) (?:говори|сообщай|упоминай|рассказывай|показывай).{0,80}?пользовател|(?:Не|не) (?:говори|сообщай|упоминай).{0,20}?об этом|(?:不要|请勿|切勿|無需|无需|不得|别)(?:告诉|告訴|告知|通知|提及|透露|提示).{0,30}?(?:用户|用戶|使用者)|(?:不要|请勿|切勿)向(?:用户|用戶).{0,30}?(?:提及|透露|说明|展示)|ユーザー(?:に|には|へ).{0,60}?(?:知らせ|伝え|言わ|話さ|教え|通知し|表示し|報告し).{0,20}?(?:ない|ず|せん)|사용자에게.{0,60}?(?:말하지|알리지|언급하지|보고하지|공개하지|표시하지)";

#[cfg(test)]
mod tests;
