from __future__ import annotations

import pytest

from recipients.unit_names import ActKind, MappingError, acts, nearest

KNOWN = {"松陵镇": "松陵镇", "白石镇": "白石镇", "松陵地区": "松陵镇"}


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("松陵镇", "松陵街道", ActKind.RENAME),
        ("松陵地区", "松陵街道", ActKind.RENAME),
        ("白石镇", "松陵镇", ActKind.MERGE),
        ("松岭镇", "松陵镇", ActKind.SLIP),
    ],
)
def test_what_a_pair_means_depends_on_which_name_is_known(old, new, kind):
    (act,) = acts([(old, new)], [], KNOWN)
    assert act.kind is kind
    assert new in act.chinese


@pytest.mark.parametrize("pair", [("甲", "乙"), ("松陵镇", "松陵地区")])
def test_a_pair_that_means_nothing_is_refused(pair):
    with pytest.raises(MappingError):
        acts([pair], [], KNOWN)


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("松岭镇", ["松陵镇", "区科协"], ("松陵镇",)),
        ("区文化和旅游局", ["区文旅局", "区教委"], ("区文旅局",)),
        ("区文旅局", ["区文化和旅游局", "区教委"], ("区文化和旅游局",)),
        ("区城市管理委", ["区城市管理委员会"], ("区城市管理委员会",)),
        ("松陵街道", ["松陵镇", "白石街道"], ("松陵镇",)),
        ("第二中学", ["第一中学"], ()),
        ("镇12", ["镇13"], ()),
        ("区教委", ["区科协", "区卫健委"], ()),
        ("松陵镇", ["松陵镇"], ()),
        ("局", ["区教委"], ()),
    ],
)
def test_names_that_may_mean_the_same_unit(name, known, expected):
    assert nearest(name, known) == expected
