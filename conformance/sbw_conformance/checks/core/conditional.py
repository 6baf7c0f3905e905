"""Conditional requests (RFC 9110, section 13), and what proxies do to entity tags."""

from sbw_conformance.checks import check
from sbw_conformance.checks.records import Record, Records


def _mangled(version: str) -> tuple[str, ...]:
    """A version as it comes back through proxies that compress, weaken or gather tags."""
    return (
        f'W/"{version}"',
        f'"{version}-gzip"',
        f'W/"{version}-gzip"',
        f'"sbw-no-such-version", "{version}"',
    )


@check("CORE-092", needs=["read"])
def known_version_is_not_sent_again(records: Records) -> None:
    """Who has the current version is told so, without a body."""
    record = records.create()
    usual = records.read(record).exchange.header("etag")
    answer = records.get(record, headers={"If-None-Match": f'"{record.version}"'})
    answer.must_have_status(304)
    body = answer.exchange.body
    answer.verify(not body, "no body", f"{len(body)} bytes")
    tag = answer.exchange.header("etag")
    bare = (tag or "").removeprefix("W/")
    answer.verify(bare == (usual or "").removeprefix("W/"), f"ETag: {usual}", f"ETag: {tag}")


@check("CORE-093", needs=["read"])
def other_version_is_sent(records: Records) -> None:
    """Who has another version gets the record."""
    record = records.create()
    versions, last = ["sbw-no-such-version"], record
    if "update" in records.operations:
        versions.append(record.version)
        changed = records.patch(record, record.change(1))
        last = Record(changed.value, record.first, record.second)
    close = f'"{versions[0]}", "{last.version}x", "x{last.version}"'
    for tags in (close, *(f'"{version}"' for version in versions[1:])):
        answer = records.get(record, headers={"If-None-Match": tags})
        answer.must_be_accepted("the full record").must_show(last.value)


@check("CORE-094", needs=["read"])
def mangled_tags_are_understood(records: Records) -> None:
    """A proxy that compresses does not make a version another one."""
    record = records.create()
    records.confirm(record)
    for tag in _mangled(record.version):
        answer = records.get(record, headers={"If-None-Match": tag})
        answer.verify(answer.status == 304, f"status 304 for If-None-Match: {tag}")
    if "update" not in records.operations:
        return
    stale = record
    for number, tag in enumerate(_mangled("{}"), 1):
        header = {"If-Match": tag.format(record.version)}
        answer = records.patch(record, record.change(number), if_match=None, headers=header)
        answer.must_be_accepted(f"If-Match: {header['If-Match']}")
        stale, record = record, Record(answer.value, record.first, record.second)
    plain = records.patch(record, record.change(1), if_match=stale.version)
    refused, control = plain.status == 412, plain.trial.control
    control(refused, "CORE-041", "status 412", plain.exchange.got, plain.exchange)
    header = {"If-Match": f'W/"{stale.version}"'}
    answer = records.patch(record, record.change(1), if_match=None, headers=header)
    answer.verify(answer.status == 412, "status 412 for a weak tag of an old version")
    if "delete" in records.operations:
        header = {"If-Match": f'W/"{record.version}-gzip"'}
        answer = records.delete(record, headers=header)
        answer.must_be_accepted(f"a deletion with If-Match: {header['If-Match']}")
