from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipients.address import AddressError, AddressProblem, EmailAddress, is_test_domain
from recipients.address_cell import CELL_CHARACTERS, Repair, read_cell


def test_an_address_keeps_what_was_written_and_knows_its_wire_form_and_its_key():
    address = EmailAddress.parse("Song.Ci@Yunqi.Example")
    assert (address.original, address.ascii) == ("Song.Ci@Yunqi.Example", "Song.Ci@yunqi.example")
    assert (address.key, address.domain) == ("song.ci@yunqi.example", "yunqi.example")


def test_a_chinese_domain_goes_to_the_wire_in_its_a_form():
    address = EmailAddress.parse("zhang@例子.中国")
    assert address.ascii == "zhang@xn--fsqu00a.xn--fiqs8s"
    assert address.key == EmailAddress.parse("ZHANG@xn--fsqu00a.xn--fiqs8s").key


@pytest.mark.parametrize(
    "text",
    [
        "zhang", "zhang@", "@x.example", "a@@x.example", "a@b@x.example", "a@localhost", "a..b@x.example", ".a@x.example",
        "a.@x.example", "a@-x.example", "a@x_y.example", "a@x..example", "a@1.2.3.4", "a@[127.0.0.1]", '"a b"@x.example',
        "a b@x.example", "<a@x.example>", "a@x.example办公", "a" * 65 + "@x.example", "a@" + "b" * 64 + ".example",
        "a@" + "b." * 130 + "example", "a,b@x.example", "a;b@x.example", "a@x.example.", " a@x.example",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(text):
    with pytest.raises(AddressError) as caught:
        EmailAddress.parse(text)
    assert caught.value.problem is AddressProblem.BAD_EMAIL


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("zhang", "没有 @"),
        ("a@@x.example", "不止一个 @"),
        ("a b@x.example", "空格"),
        ("a@x", "没有点"),
        ("a@1.2.3.4", "数字地址"),
        ("a..b@x.example", "@ 前面"),
        ("a@x.example办公", "中英文混在一起"),
    ],
)
def test_common_mistakes_are_told_in_words_of_their_own(text, words):
    with pytest.raises(AddressError, match=words):
        EmailAddress.parse(text)


@pytest.mark.parametrize("text", ["", "  "])
def test_nothing_is_named_as_nothing(text):
    with pytest.raises(AddressError) as caught:
        EmailAddress.parse(text)
    assert caught.value.problem is AddressProblem.NO_EMAIL


def test_a_chinese_local_part_is_named_for_what_it_needs():
    with pytest.raises(AddressError) as caught:
        EmailAddress.parse("张弓@x.example")
    assert caught.value.problem is AddressProblem.NEEDS_SMTPUTF8


@pytest.mark.parametrize("inside", ["\r", "\n", "\0", "<", ">", " ", "\t", "\x7f", "\x85", "\u2028"])
@pytest.mark.parametrize("template", ["a{}b@x.example", "a@x{}.example", "a@x.example{}", "{}a@x.example"])
def test_nothing_that_could_end_a_command_or_a_header_gets_through(inside, template):
    with pytest.raises(AddressError):
        EmailAddress.parse(template.format(inside))


@pytest.mark.parametrize(
    "domain", ["a.test", "example", "x.example", "b.invalid", "localhost", "example.com", "a.example.org", "X.TEST."]
)
def test_test_domains(domain):
    assert is_test_domain(domain)


@pytest.mark.parametrize("domain", ["example.cn", "test.com", "qinglan.gov.cn", "notexample.com", "testing"])
def test_other_domains_are_real(domain):
    assert not is_test_domain(domain)


@pytest.mark.parametrize(
    ("cell", "expected", "repair"),
    [
        ("liyd＠yunqi．example", ["liyd@yunqi.example"], Repair.FULL_WIDTH),
        ("ｆｅｎｇ@yunqi.example", ["feng@yunqi.example"], Repair.FULL_WIDTH),
        ("fengcc@yunqi。example", ["fengcc@yunqi.example"], Repair.IDEOGRAPHIC_DOT),
        ("a@x.example。", ["a@x.example"], Repair.CLOSING),
        ("a@x.example.", ["a@x.example"], Repair.CLOSING),
        (" zhang @ x . example", ["zhang@x.example"], Repair.SPACES),
        ("zhang@\nx.example", ["zhang@x.example"], Repair.SPACES),
        ("zh\u200bang@x.exam\ufeffple", ["zhang@x.example"], Repair.ZERO_WIDTH),
        ("mailto:a@x.example?subject=x", ["a@x.example"], Repair.LABEL),
        ("电子邮箱： a@x.example", ["a@x.example"], Repair.LABEL),
        ("张三 <a@x.example>；李四<b@x.example>", ["a@x.example", "b@x.example"], Repair.ANGLE_BRACKETS),
        ("a@x.example（办公）", ["a@x.example"], Repair.REMARK),
        ("(办公(旧))a@x.example b@x.example【家】", ["a@x.example", "b@x.example"], Repair.REMARK),
        ("张三（a@x.example）", ["a@x.example"], Repair.REMARK),
        ("a@x.example 办公室", ["a@x.example"], Repair.REMARK),
        ("a@x.example。 办公室", ["a@x.example"], Repair.CLOSING),
        ("“a@x.example”", ["a@x.example"], Repair.QUOTES),
        ('=HYPERLINK("mailto:a@x.example","a@x.example")', ["a@x.example"], Repair.FORMULA),
        ('=HYPERLINK("mailto:a@x.example","发邮件")', ["a@x.example"], Repair.FORMULA),
        ("1. a@x.example 2. b@x.example", ["a@x.example", "b@x.example"], Repair.REMARK),
        ("邮箱a@x.example", ["a@x.example"], Repair.LABEL),
        ("a@x.example和b@x.example", ["a@x.example", "b@x.example"], None),
        ("*a@x.example", ["a@x.example"], Repair.QUOTES),
        ("a@x.example！", ["a@x.example"], Repair.CLOSING),
        ("OA a@x.example 微信：zhang", ["a@x.example"], Repair.REMARK),
        ("a@x.example<br/>b@x.example&nbsp;", ["a@x.example", "b@x.example"], None),
    ],
)
def test_harmless_things_are_repaired_and_said(cell, expected, repair):
    found = read_cell(cell)
    assert [address.original for address in found.addresses] == expected
    assert repair is None or repair in found.repairs
    assert not found.unusable


@pytest.mark.parametrize("mark", ["；", ";", "、", "，", ",", "/", "|", "\n", " ", "或", "； ", " 、", "　"])
def test_every_mark_between_addresses(mark):
    assert [a.key for a in read_cell(f"a@x.example{mark}b@y.example").addresses] == ["a@x.example", "b@y.example"]


def test_a_closing_dot_before_the_next_address_joins_nothing():
    assert [a.key for a in read_cell("a@x.example. b@y.example.").addresses] == ["a@x.example", "b@y.example"]


@pytest.mark.parametrize(
    "cell", ["", " ", "无", "—", "——", "/", "-", "未提供", "暂无邮箱", "（无）", "N/A", "无。", "（略）"]
)
def test_words_and_marks_for_none(cell):
    found = read_cell(cell)
    assert not found.addresses
    assert [u.problem for u in found.unusable] == [AddressProblem.NO_EMAIL]


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("jiangxy.yunqi.example", "bad_email"),
        ("zhang#x.example", "bad_email"),
        ("caochong@@x.example", "bad_email"),
        ("13800000000", "bad_email"),
        ("同上", "bad_email"),
        ("a@yunqi,example", "bad_email"),
        ("张弓@x.example", "needs_smtputf8"),
        ("zhang。san@x.example", "needs_smtputf8"),
        ("a@x.example<b", "bad_email"),
        ("zhang san@x.example", "bad_email"),
        ("zhang@x.exam ple", "bad_email"),
        ("zhang@moun\ntain.example", "bad_email"),
        ("x" * (CELL_CHARACTERS + 1), "bad_email"),
    ],
)
def test_nothing_is_guessed(cell, problem):
    found = read_cell(cell)
    assert not found.addresses
    assert {u.problem.value for u in found.unusable} == {problem}


def test_a_good_and_a_bad_address_in_one_cell_are_both_told():
    found = read_cell("a@x.example；b.x.example")
    assert [a.key for a in found.addresses] == ["a@x.example"]
    assert [u.text for u in found.unusable] == ["b.x.example"]


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="a@.。,;<>()（【: \n\r\0\"'或邮＠=/。无", max_size=200) | st.text(max_size=300))
def test_any_cell_is_read_without_an_exception_and_yields_only_safe_addresses(text):
    found = read_cell(text)
    assert found.addresses or found.unusable
    for address in found.addresses:
        assert address.ascii.isascii()
        assert address.ascii.isprintable()
        assert not set(address.ascii) & set("<> \r\n\0")
        assert EmailAddress.parse(address.original) == address
        assert EmailAddress.parse(address.ascii).key == address.key
