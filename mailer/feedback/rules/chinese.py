"""Chinese providers and Chinese words: NetEase, Tencent, Alibaba, Sohu, Sina, 263, Coremail and 亿邮 systems.

NetEase writes the stage before the colon (HL connection, MI MAIL FROM, RP RCPT TO, DT data, WM allow-list, RC mailbox)
and uses 4yz and 5yz for the same rate limits, so the letters decide and never the digit.
"""

from __future__ import annotations

from datetime import timedelta

from mailer.feedback.rules.rule import Rule
from mailer.model.verdict import Hint, Owner

_NETEASE = "网易 退信代码说明 (kf163mail.com/article/146/detail/43)"
_TENCENT = "腾讯邮箱 退信原因 (service.mail.qq.com/detail/122; qqmailbox.com/transceivers/169.html)"
_ALIYUN = "阿里邮箱 常见退信报错 (help.aliyun.com document_detail/36612)"
_DIRECT_MAIL = "阿里云邮件推送 发信错误码 (help.aliyun.com, DirectMail)"
_COREMAIL = "Coremail 退信提示 (icoremail.vip/support, cate_id=84)"
_SOHU = "搜狐邮箱 退信代码 (mail.sohu.com/info/policy)"
_SINA = "新浪邮箱、21cn、亿邮 退信提示 (fobhost.com/jishuzhichi/jishuzhichi59.html)"
_PROSE = "国内邮件系统退信中的中文说明 (mysdqq.cn/a460000-show/news-1981.html; qqmailbox.com/transceivers/169.html)"

_SOON = Hint(after=timedelta(minutes=2))
_QUARTER = Hint(after=timedelta(minutes=15))
_HOUR = Hint(after=timedelta(hours=1))
_TOMORROW = Hint(tomorrow=True)

RULES: tuple[Rule, ...] = (
    # NetEase: 163.com, 126.com, yeah.net, qiye.163.com; the letters are theirs alone
    Rule("spamdetected", ("451 dt:spm", "450 dt:spm"), "451 DT:SPM please try again", _NETEASE, hint=_SOON),
    Rule("spamdetected", ("dt:spm",), "554 DT:SPM 163 smtp8, mail rejected", _NETEASE),
    Rule("speeding", ("mi:sfq", "rp:qrc"), "451 MI:SFQ 163 smtp2", _NETEASE, hint=_QUARTER),
    Rule("speeding", ("mi:stc", "rp:trc", "hl:itc"), "554 5.5.3 RP:TRC", _NETEASE, hint=_TOMORROW),
    Rule("toomanyconn", ("hl:icc",), "421 HL:ICC 163 mx4", _NETEASE, hint=_QUARTER),
    Rule("speeding", ("hl:ifc", "hl:ifq"), "421 HL:IFC 163 mx4", _NETEASE, hint=_HOUR),
    Rule(
        "speeding",
        ("mi:dmc", "rp:drc", "mi:ccl", "rp:ccl", "rp:rcl", "mi:drc", "mi:scl"),
        "450 RP:DRC 126 mx1",
        _NETEASE,
    ),
    Rule("syntaxerror", ("mi:cel", "rp:cel", "hl:cel"), "450 MI:CEL 163 mx7", _NETEASE),
    Rule("blocked", ("dt:rbl", "hl:ipb", "wm:bli", "hl:ihu"), "450 DT:RBL 163 mx9", _NETEASE),
    Rule("badreputation", ("hl:rep", "hl:mep", "hl:irl"), "421 HL:REP 163 mx3", _NETEASE),
    Rule("authfailure", ("mi:spf", "mi:dma", "dt:dma", "mi:dkm"), "550 MI:SPF 163 mx5", _NETEASE),
    Rule("rejected", ("mi:spb", "wm:blu", "mi:nac"), "553 MI:SPB 163 smtp1", _NETEASE),
    Rule("rejected", ("dt:sum",), "554 DT:SUM envelope and header sender differ", _NETEASE),
    Rule("norelaying", ("rp:frl",), "550 RP:FRL", _NETEASE),
    Rule("userunknown", ("rc:ne", "rc:ld"), "550 RC:NE 163 mx2", _NETEASE),
    Rule(
        "securityerror",
        ("too much fail authentication",),
        "451 Requested mail action not taken: too much fail authentication",
        _NETEASE,
    ),
    Rule(
        "speeding",
        ("too much recipient", "too much mail from", "too much connection"),
        "550 Requested mail action not taken: too much recipient",
        _NETEASE,
    ),
    # Tencent: qq.com, foxmail.com, exmail.qq.com
    Rule(
        "speeding",
        (
            "ip frequency limited",
            "domain frequency limited",
            "sender frequency limited",
            "connection frequency limited",
            "frequency limit",
        ),
        "550 Ip frequency limited. http://service.mail.qq.com/detail/122/172",
        _TENCENT,
        hint=_HOUR,
    ),
    Rule(
        "speeding",
        ("mailbox unavailable or access denied",),
        "550 Mailbox unavailable or access denied",
        _TENCENT + ": too many mails to this user just now",
        hint=_HOUR,
    ),
    Rule(
        "blocked",
        ("suspected spam ip", "suspected bounce attack", "connection denied"),
        "550 Suspected spam ip",
        _TENCENT,
    ),
    Rule(
        "spamdetected",
        ("mail content denied", "spam is embedded", "suspected spam"),
        "550 Mail content denied. http://service.mail.qq.com/detail/122/171",
        _TENCENT,
    ),
    Rule("filtered", ("mail is rejected by recipients",), "550 Mail is rejected by recipients", _TENCENT),
    # Alibaba: mxhichina.com, aliyun.com, DirectMail
    Rule(
        "speeding",
        ("behaviour spam * too frequently", "behaviour spam * unexpected sending"),
        "454 Transient reject by behaviour spam at DATA State (Connection IP address:192.0.2.7)ANTISPAM_BAT[]: "
        "currently unexpected sending",
        _ALIYUN,
        hint=_HOUR,
    ),
    Rule(
        "blocked",
        ("behaviour spam", "antispam_bat"),
        "554 Reject by behaviour spam at Rcpt State (Connection IP address:192.0.2.7)ANTISPAM_BAT[]: list on rbl sites",
        _ALIYUN,
    ),
    Rule(
        "spamdetected",
        ("reject by content spam", "spamed by local spam engine"),
        "554 Reject by content spam at DATA State",
        _ALIYUN,
    ),
    Rule(
        "speeding",
        (
            "number of rcpt attempts is achieved",
            "daily sending quota exceeded",
            "sending quota exceeded",
            "monthly sending quota",
        ),
        "552 Daily sending quota exceeded",
        _DIRECT_MAIL,
        hint=_TOMORROW,
    ),
    Rule(
        "speeding",
        ("total of rcpts is achieved",),
        "505 the total of RCPTs is achieved the maximum threshold",
        _ALIYUN,
        hint=_HOUR,
    ),
    Rule(
        "mesgtoobig",
        ("is achieved the maximum threshold",),
        "510 The length of DATA content is achieved the maximum threshold",
        _ALIYUN,
    ),
    Rule("securityerror", ("mailfrom account is a local account",), "502 Mailfrom account is a local account", _ALIYUN),
    Rule("userunknown", ("rcptto account isn't a local account",), "503 Rcptto account isn't a local account", _ALIYUN),
    Rule("userunknown", ("invalid rcptto",), "559 Invalid rcptto [@sm070102]", _DIRECT_MAIL),
    Rule("suspend", ("main account unavailable",), "551 Main account unavailable", _ALIYUN),
    # Sohu, Sina, 21cn
    Rule("blocked", ("ip reject",), "553 5.7.0 IP REJECT:192.0.2.7", _SOHU),
    Rule("spamdetected", ("content reject:", "content reject/"), "553 5.7.3 CONTENT REJECT:192.0.2.7", _SOHU),
    Rule("rejected", ("553 5.7.1 sender reject",), "553 5.7.1 SENDER REJECT", _SOHU),
    Rule(
        "speeding",
        ("too many same", "same size mails", "too many identical"),
        "552 too many same size mails.",
        _SINA,
        hint=_HOUR,
    ),
    # Coremail and its hosted children, 263
    Rule(
        "userunknown",
        ("unavailable mail user", "local server don't exists that user", "user not exist", "maillist @ is null"),
        "550 unavailable mail user",
        _COREMAIL,
    ),
    Rule("suspend", ("user hangup", "user is hangup", "user suspended"), "550 User hangup", _COREMAIL),
    Rule(
        "mailboxfull",
        ("quota exceeded or service disabled", "requested mail action aborted: exceeded storage allocation"),
        "552 Quota exceeded or service disabled.",
        _COREMAIL,
    ),
    Rule(
        "blocked",
        ("ip is hangup", "ip is rejected", "action not taken: invalid ip", "ip in blacklist"),
        "554 IP is Hangup",
        _COREMAIL,
    ),
    Rule(
        "rejected",
        ("user in blacklist", "fake sender", "null sender is not allowed", "local user only", "sender is rejected"),
        "550 Requested mail action not taken: Fake sender",
        _COREMAIL,
    ),
    Rule("authfailure", ("spf_reject",), "550 SPF_REJECT", _COREMAIL),
    Rule("networkerror", ("rcpt handle timeout", "dns query error"), "426 rcpt handle timeout", _COREMAIL),
    Rule("policyviolation", ("illegal attachment",), "552 Illegal Attachment", _NETEASE),
    # Chinese prose of reports
    Rule(
        "hasmoved",
        ("已更换为", "已变更为", "地址已更换", "地址变更为", "已改为", "启用新邮箱", "已迁移"),
        "551 该邮箱已更换为 new@post.example",
        _PROSE,
    ),
    Rule(
        "hostunknown",
        ("域名不存在", "找不到域名", "域名无法解析", "无法解析域名", "没有找到域名", "域名错误", "域名 * 不存在"),
        "553 收件人域名不存在",
        _PROSE,
    ),
    Rule(
        "userunknown",
        (
            "用户不存在",
            "邮箱名不可用",
            "收件人不存在",
            "收信人不存在",
            "邮箱不存在",
            "帐号不存在",
            "账号不存在",
            "帐户不存在",
            "账户不存在",
            "地址不存在",
            "邮箱地址错误",
            "无此用户",
            "没有此用户",
            "没有这个用户",
            "查无此人",
            "找不到收件人",
            "找不到该用户",
            "未开通qq邮箱",
            "不存在的用户",
            "不存在的收件人",
            "无此邮箱",
            "没有此邮箱",
            "没有该用户",
            "没有这个邮箱",
            "用户名不存在",
            "用户未找到",
            "未找到收件人",
            "找不到地址",
            "找不到该地址",
            "找不到此地址",
            "找不到电子邮件地址",
            "无效的收件人",
            "无效收件人",
            "收件人地址无效",
            "收件人无效",
            "地址 * 不存在",
            "收件人 * 不存在",
            "用户 * 不存在",
            "使用者不存在",
            "收件者不存在",
            "帳號不存在",
            "找不到收件者",
        ),
        "550 收件人不存在，请核对后重发",
        _PROSE,
    ),
    Rule(
        "mailboxfull",
        (
            "邮箱已满",
            "信箱已满",
            "收件箱已满",
            "邮箱空间已满",
            "空间不足",
            "容量不足",
            "容量已满",
            "容量满",
            "超出邮箱容量",
            "超过邮箱容量",
            "剩余空间不够",
            "邮箱容量已",
            "邮箱 * 已满",
            "超出配额",
            "超过配额",
            "信箱已滿",
            "郵箱已滿",
            "容量已滿",
        ),
        "552 收件人空间不足",
        _PROSE,
    ),
    Rule(
        "suspend",
        ("冻结", "停用", "禁用", "锁定状态", "休眠", "邮箱已过期", "帐号过期", "账号过期", "已注销"),
        "550 该帐号长期未登录，处于休眠状态",
        _PROSE,
    ),
    Rule(
        "speeding",
        ("发信频率", "频率过高", "频率超", "过于频繁", "发信数量超", "发信量超", "数量超限", "发送量超"),
        "550 发信频率超出限制，请稍后再试",
        _PROSE,
        hint=_HOUR,
    ),
    Rule("virusdetected", ("病毒",), "552 邮件含有病毒", _PROSE),
    Rule("spamdetected", ("垃圾邮件", "敏感词", "敏感内容", "垃圾信息"), "554 疑似垃圾邮件，拒绝接收", _PROSE),
    Rule(
        "mesgtoobig",
        (
            "邮件过大",
            "允许尺寸",
            "最大尺寸",
            "信件过大",
            "信件太大",
            "邮件太大",
            "邮件大小超",
            "附件过大",
            "超过大小限制",
            "超过邮件大小",
        ),
        "552 邮件大小超过对方限制",
        _PROSE,
    ),
    Rule("blocked", ("ip地址被", "ip被", "ip在黑名单", "ip * 黑名单"), "554 发信IP被列入黑名单", _PROSE),
    Rule("rejected", ("发件人 * 黑名单", "黑名单", "发件人被拒"), "550 发件人已被对方加入黑名单", _PROSE),
    Rule("badreputation", ("信誉", "信用度"), "554 您的IP信誉过低", _PROSE),
    Rule("blocked", ("拒绝 * 您ip", "拒绝 * 您的ip", "来自您ip"), "554 本服务器拒绝接收来自您IP的邮件", _PROSE),
    Rule("policyviolation", ("可执行附件", "附件类型", "附件格式"), "554 附件类型不允许", _PROSE),
    Rule(
        "filtered",
        ("拒收", "拒绝接收", "过滤规则", "对方过滤", "被过滤", "仅接收", "只接收", "仅接受", "只接受"),
        "550 收件人设置了拒收",
        _PROSE,
        owner=Owner.RECIPIENT,
    ),
    Rule(
        "expired",
        ("多次尝试", "多次投递", "重试超时", "停留超过", "最大重试", "超过 * 重试"),
        "450 系统多次尝试仍无法投递",
        _PROSE,
    ),
    Rule(
        "networkerror",
        ("连接超时", "无法连接", "连接失败", "网络异常", "连接对方服务器"),
        "451 连接对方服务器超时",
        _PROSE,
    ),
)
