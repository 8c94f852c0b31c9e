"""A customer's state as records: nothing lost, nothing unbounded, nothing newer misread."""

from __future__ import annotations

import base64
import struct
import zlib
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from librt.vecs import extend, vec
from mypy_extensions import i64

from streams.customer import NO_UNITS, UNCLEAR, Customer
from streams.events import SEGMENT, digest_of, is_known, remember
from streams.history import WIDTH
from streams.portfolio import MOST
from streams.state import (
    OLDEST_VERSION,
    STATE_VERSION,
    NewerStateError,
    OlderStateError,
    decode,
    encode,
    is_segment,
    new_customer,
    past_key,
    segment_key,
    wake_of,
)
from tests.streams.builders import Detector, instant, iso, posting, whole, world

BUSY_BYTES = 32 * 1_024
"""Of the record of a customer with 20 movements a day, after a year of them."""


def written(customer: Customer, records: dict[bytes, bytes] | None = None) -> dict[bytes, bytes]:
    """Encode on top of what was written before."""
    return {**(records or {}), **dict(encode(customer))}


def read_back(customer_id: str, records: dict[bytes, bytes]) -> Customer:
    return decode(records[customer_id.encode()], records.get)


def known(customer: Customer) -> set[int]:
    """The digests that are remembered."""
    return {digest for digest in customer.events if digest}


def busy_year(days: int) -> tuple[Customer, dict[bytes, bytes]]:
    """Twenty movements a day on eight accounts of two currencies, some of them large, written every day."""
    detector, records = Detector(), dict[bytes, bytes]()
    detector.rate("USD", "7.1")
    for number in range(days):
        on = (date(2024, 3, 1) + timedelta(days=number)).isoformat()
        for place in range(20):
            account = place % 8
            kind = ("salary", "card_payment", "transfer_out", "transfer_in", "purchase")[place % 5]
            amount = 60_000 if place == 3 else 7 * place + 1
            detector.move(
                f"{on} {place + 2:02}:17:09",
                f"{amount}.37",
                kind,
                account_id=f"6222021234567890-{account}",
                currency="USD" if account == 7 else "CNY",
                counterparty={"name": "张三" * 20, "account": "****1234"},
                instrument="CNE1000003X6" if account > 5 else None,
            )
        records = written(detector.customer(), records)
    return detector.customer(), records


def test_a_busy_customer_s_state_is_bounded_in_bytes() -> None:
    year, records = busy_year(366)
    month = busy_year(100)[1]
    size = len(records[b"c1"])
    assert size < BUSY_BYTES
    assert size < 1.2 * len(month[b"c1"]), "after the history is full it does not grow"
    segments = [value for key, value in records.items() if is_segment(key)]
    assert len(segments) == world().remembered_events // SEGMENT + 1, "and the older dates"
    assert {len(segment) for segment in segments} - {8 + SEGMENT * 8} == {len(records[past_key(b"c1")])}
    assert len(records[past_key(b"c1")]) <= 400 * 7 * 8 // 2, "packed"
    assert whole(read_back("c1", records)) == whole(year)


@given(st.integers(0, 200), st.integers(0, 200))
def test_decoding_and_going_on_is_the_same_as_going_on(before: int, after: int) -> None:
    there = Detector(world(events=64))
    for place in range(before):
        there.move(f"2025-03-{1 + place // 10:02} {place % 10 + 2:02}:00", "100.00")
    again = there.copy()
    records = written(again.customer())
    again.customers["c1"] = read_back("c1", records) if before else new_customer("c1")
    for detector in (there, again):
        detector.made = before
        for place in range(after):
            detector.move(f"2025-04-{1 + place // 10:02} {place % 10 + 2:02}:00", "100.00")
    assert whole(again.customer()) == whole(there.customer())
    assert again.customer().unsaved <= there.customer().unsaved


def test_only_segments_that_changed_are_written_again() -> None:
    detector = Detector()
    for place in range(SEGMENT):
        detector.take(posting(event_id=f"e{place}"))
    assert [is_segment(key) for key, _ in encode(detector.customer())] == [True, False]
    detector.take(posting(event_id="one more"))
    assert [is_segment(key) for key, _ in encode(detector.customer())] == [False]


def test_the_state_is_read_back_to_the_same_whatever_the_amounts() -> None:
    detector = Detector()
    for place in range(4):
        detector.take(posting(event_id=f"e{place}", kind="adjustment", amount="9" * 14 + ".9999"))
        assert detector.last is not None
        assert detector.last.result == "applied"
    records = written(detector.customer())
    assert whole(read_back("c1", records)) == whole(detector.customer())


@pytest.mark.parametrize("asset_class", ["loan", "demand_deposit"])
@pytest.mark.parametrize("currency", ["CNY", "USD"])
def test_a_customer_with_little_is_read_back_too(asset_class: str, currency: str) -> None:
    detector = Detector()
    detector.profile(segment="corporate", manager_id="m1")
    assert whole(read_back("c1", written(detector.customer()))) == whole(detector.customer()), "nothing but a profile"
    detector.take(posting(asset_class=asset_class, currency=currency))
    assert whole(read_back("c1", written(detector.customer()))) == whole(detector.customer())


def test_the_next_wake_is_read_without_the_rest() -> None:
    detector = Detector()
    assert wake_of(written(detector.customer())[b"c1"]) == 0
    detector.take(posting())
    assert wake_of(written(detector.customer())[b"c1"]) == detector.customer().wake > 0


def test_a_newer_state_is_refused_with_what_to_do() -> None:
    value = written(new_customer("c1"))[b"c1"]
    newer = value[:8] + bytes([STATE_VERSION + 1]) + value[9:] + b"a field of the future"
    with pytest.raises(NewerStateError, match=r"version 6, this wealthwatch reads up to 5: install the newer one"):
        decode(newer, dict[bytes, bytes]().get)


@pytest.mark.parametrize(
    "older",
    [
        b'[1741622400,1,"c1",1741570200,0]',
        b'[0,1,"c1"]',
        b"\x00" * 8 + bytes([OLDEST_VERSION - 1]) + b"c1",
        b"\x00" * 9,
    ],
    ids=["JSON of version 1", "JSON of a sleeper", "version 1 as bytes", "version 0"],
)
def test_an_older_state_is_refused_with_what_to_do(older: bytes) -> None:
    with pytest.raises(OlderStateError, match=r"remove its topic and replay the movements"):
        decode(older, dict[bytes, bytes]().get)


def test_the_version_of_a_record_stands_where_every_version_will_look_for_it() -> None:
    detector = Detector()
    detector.take(posting())
    value = written(detector.customer())[b"c1"]
    assert (value[8], STATE_VERSION) == (5, 5)
    assert value[:1] != b"[", "no wake until the year 2200 begins like the JSON of version 1"
    assert instant("2200-01-01 00:00").to_bytes(8, "big")[0] == 0


OF_VERSION_2 = zlib.decompress(
    base64.b85decode(
        "c-muNU|>kU5XZp8#E@(#(0x7~$Y=Nu1rsdKf%!k(xj_^IOdiOZa+Z++2_zIhX9m$sP(Bkwq9Fq_gR@_x!k&F#5g3gy0~I)U`+#Yfo#+7OCJYHChBQMKW`@vUmj$Y7"
        "V37~k`55t8g$^28460B~bTh<Z*<5HyzyKeV{s9$lm^K5e6$c(ZLE*y!?<bmh=l~YZjBuwx02|Ed^;=NPp8(~<LVF674+|2QIk?=34jAF_fv$s{AvwP&RX^2`fqcLTGN"
        "T~BD6u3J6xvJ-xr9t(hPw;K3itT$=M-A@$z;>jSI)UlL@y+7{4mc+`YZrtH)Uu"
    )
)
"""What a wealthwatch of version 2 wrote of 1,250 in an account that opened with 500, and of 20.5 units that cost 250 dollars."""


def test_a_state_of_version_2_is_read_and_its_positions_stay_worth_their_balances_until_a_snapshot_tells_the_quantity() -> None:
    detector = Detector(made=3)
    detector.rate("USD", "7.1")
    customer = detector.customers["c1"] = decode(OF_VERSION_2, dict[bytes, bytes]().get)
    assert (OF_VERSION_2[8], customer.aum, customer.profile.manager_id) == (2, 30_250_000, "m1")
    a1, f1 = customer.accounts["a1"], customer.accounts["f1"]
    assert (a1.balance, a1.opening, a1.units) == (12_500_000, 5_000_000, NO_UNITS)
    assert (f1.balance, f1.value, f1.held, f1.units, f1.stated_at) == (2_500_000, 17_750_000, 2_050_000_000, UNCLEAR, f1.latest)
    detector.price("F1", "100", "2025-03-12 09:00", "USD")
    detector.move("2025-03-13 09:00", "1.00", kind="fee")
    assert (f1.value, f1.priced_at) == (17_750_000, 0)
    more = {"account_id": "f1", "asset_class": "fund", "currency": "USD", "quantity": "20.5", "snapshot": True}
    detector.move("2025-03-14 09:00", "250.00", "adjustment", **more)
    detector.price("F1", "100", "2025-03-15 09:00", "USD")
    detector.move("2025-03-16 09:00", "1.00", kind="fee")
    assert f1.value == 2_050 * 71_000
    assert whole(read_back("c1", written(customer))) == whole(customer)


OF_VERSION_4 = zlib.decompress(
    base64.b85decode(
        "c-oy<3s6%>6kP%eqDW8>TR)8*9W9!ggg^q?`W=c^9Z>w%DoIEXhF?Q~4h2P}C?Xmau__|?#cCZ<Q0uf*(Ne#ZK|#m*MX<DL#THb4rSHAmi)Onm)4pN$a`x`sv%9%_cH"
        "grj4mO17<U}SRmS?Vi$Bc=y<9}Bkt@?FRWUX6;uCO6@;(#k<$q_z>t9yhNmKP;@I1gMnFD`K2(?`?mx^HsXuyW13TTh!$D@dO!YJX8qLg-n$%}>4#_FFJR?`(`4ED3*"
        "G*>V2(q0J8~w?<5sIhOj33(IYL_T}KS6_;xk-$-pwO)PyjBtEwN*!`NF?h9hKEc*7n4EysM-PHa0E3%r_HJ=-k9(ip*QGR&p=cXN7rnkp>H{O`yR9lmoop4Ka`_jqCf"
        "veP0az^eGSG|>axAbt`e3NdwBI!(x`<WA;4gSQZkL^Ym$A!0K-FB`trH`#&I&4;1noV5hkg7i(Ts&nYF9R>%bey=lHE@5~;kxhaNfi-RBt{c!THRrJQnxLrFHIzbFGM"
        "18=)!N^$w96Vi9`jhNrdnPS5HVrV+UVZe{31om@Bx-$GIEq$s?}d8$VvoEw@k#%`aWp#aGwwN#&}AlJC9om_0ej6@0+$G(LbYE&cEOUI^Hn&Ij-%&v2odW8extpge;Q"
        ";7bcb<Ih4s+B!afFS+WaVqu2dV{kJNI}r!On_LZi1x&cZJmS8d#|Qj+3Tc7<ZbYkz4by!(YU~TX86*t}C|A4lRs>i?G%{jKCe4^%F(tx=uR&{`(APlz$Abg<mj}oGHw"
        "QNwIX9ZwvnDqbnE&LP6x96K#9N%!e|^M>HC>HHMEvB`cx*Ac!9`%Td+sXW<CR&0oeqng0PXU@Zi0Gzs)sML!o4HI+jt@yz-Y4|?wWHS<`8R=lG<J$AjWN`_~>V$M{6s"
        "KFB{?-KW6g<taf7ZZK3$QlUG{dH+!yO@_hkuu7}us@1DqMW$|t8Vt)S4?o7UI5T|Tm^Ck80VDfFJ__8ZkS>cD?yINR$IS?1*-<QefyR5i{#kZr2`86&d$>ht0I8!#8Z"
        "%O}gOun5I-}B*Xt+27-Xfum158|?F*?irr%9>ex`CZH}c!iqDw+rHm6t2uT*WzhRzTFhxoMf{VE>V5+lEt?N_g@N|Z{x{|mn^=$UCeK-_<bhdKHPuhY`&DcGnst*DL&"
        "LAd@lAXdBNf<!2LJKjmdZCovSZcd<VLiAD%8WUjSIik|N9R7~m{e8Q?`r^98{j4_Gm%P{09zM@c3KI2f?RDNw*MfWzzV2&Y2|;H8qM0yYEgU!Ex7JiycDW(fEQVDFo*"
        "0zM6RP2n&BR{%cO<EwTa-vg{3T_WHHz@-Z(37CXg@SKVu0gD04u3i`PQv$d)>lXpb0OL6@9x&>A0ASSZV8E!yF@RBLQvjoWngOFO<^e{%I|3MW>@;B1rwYKRJNE#io-"
        "_bPogm>wR{LKJ827aVFz#0wVBCk}0ptD(0F3)47%=XK7{Hk4DS$D5&44j4ad%<<UCXuD#>W=xI!0_cC(<o8=(@$4hPhbuF4kg;&bU~e&v<U)d4}f<>Obl->LuzJ>I?3"
        "B+>ef^SCx^LeLdVL*nY|Jf{m|Cw7O5=xr^r$>Nx5h>H^;K{A@2ByW{MVh58|(>NB7o`Eb9We?9nd9Jn9QkM|xNALcvy@!o*r#(YLUp1U|7%vbc|xrOt@d_+I$KF%NWj"
        "h;8I3+B@ZO3!K^bSuu27+0*s{^0kZ{j0D)_?>7!y`Hq6UQgOjuP5!N*OT_s>q-0R^`!mudeVM+J#C4()ycp*K^=%L+Nd9`_w<4n5@OC38(!Z7*hgneRcA|h1EEi?&Xz"
        "vd(uS+^;2yccQ|U-n!06Jzt^vCa>_%K2uy|X<TNU0u@RY_GVZW#**gvWX@}Qa^AF2uRqMFdRaQfCt-}2~N(LdiJ?7%)zmX{}#jGc-3?7yKpVZy25{&=6W=~RGM>zCJg"
        "=3}q;g#mX1eo?^e$1ez&?fAt2vm3t<U^e3y0nA?f0)W|yZ~UFAwruaJK@XbtU^W_tI)+Xy+xEjNmFrC+q7xQtH4&O9o!(a?A4;@pjl$bYrj>?x8A7C9O080=@lt7|KH"
        "3niN~h8))ghktBtc`03X2M*UlQ#h!4z&JN^e>m9cMD|{Tnr=uxMXTSqRs?POFjYwR)+Sw~j01KAuvwPUS6C`DlF93c1?TAXji{Y78@l=`;~U<zV&l`UX+R6iTVgQ|c)"
        "Tl6(8gWZd6Kp|t)Td+-B^iROs)yj+P$q`Zrl*%6&DwGQy#hncfZoPY8x23N7TcWj%x*XW*2u0MSw+4Uq)y<~mA+r8F)fUDZpE3+kPw`iJf;P~3^Gailm3;MRU^8"
    )
)
"""What a wealthwatch of version 4 wrote of a customer who had moved on 40 dates: of each record the lengths of key and value, and they."""


def records_of(stream: bytes) -> dict[bytes, bytes]:
    found, place = dict[bytes, bytes](), 0
    while place < len(stream):
        key, value = struct.unpack_from("<HI", stream, place)
        place += 6
        found[stream[place : place + key]] = stream[place + key : place + key + value]
        place += key + value
    return found


@pytest.mark.parametrize("version", [3, 4])
def test_a_state_of_version_3_or_4_is_read_as_its_customer_is_made_today(version: int) -> None:
    """In version 3 the older dates were as they are in memory; in 4 they alone were packed."""
    detector = Detector()
    detector.rate("USD", "7.1")
    detector.profile(segment="corporate", manager_id="m1")
    for number in range(40):
        detector.move(
            f"{date(2024, 3, 1) + timedelta(days=number)} 09:00:00",
            f"{100 + number}.37",
            ("salary", "transfer_out", "transfer_in", "purchase")[number % 4],
            account_id=f"a{number % 2}",
            currency="USD" if number % 2 else "CNY",
            counterparty={"name": "张三", "account": "****1234"},
            instrument="F1" if number % 4 == 3 else None,
        )
    today, older = detector.customer(), records_of(OF_VERSION_4)
    assert older[b"c1"][8] == 4
    if version == 3:
        rows = today.history.rows[: today.history.settled]
        older[past_key(b"c1")] = struct.pack(f"<q{len(rows)}q", len(rows), *rows)
        older[b"c1"] = older[b"c1"][:8] + b"\x03" + older[b"c1"][9:]
    assert today.history.settled == 7 * 17
    assert whole(read_back("c1", older)) == whole(today)
    assert sum(map(len, written(read_back("c1", older)).values())) < sum(map(len, older.values())) * 0.6


NUMBERS = st.integers(-MOST, MOST) | st.sampled_from([-MOST, MOST]) | st.integers(-200, 200)
DATES = st.lists(st.tuples(st.integers(1, 60), *([NUMBERS] * (WIDTH - 1))), min_size=2, max_size=40)


@given(DATES)
@example([(1, *([MOST] * 6)), (1, *([-MOST] * 6)), (1, *([MOST] * 6))])
def test_older_dates_are_packed_without_loss(dates: list[tuple[int, ...]]) -> None:
    customer, day = new_customer("c1"), date(2024, 3, 1).toordinal()
    for later, *figures in dates:
        day += later
        customer.history.rows = extend(customer.history.rows, vec[i64]([day, *figures]))
    customer.history.settled, customer.history.unsettled = len(customer.history.rows) - WIDTH, True
    records = written(customer)
    assert list(read_back("c1", records).history.rows) == list(customer.history.rows)


def test_a_segment_s_key_is_no_customer_s_key() -> None:
    assert is_segment(segment_key(b"c1", 3))
    assert not is_segment(b"c1")
    assert segment_key(b"c1", 1) != segment_key(b"c11", 0)


# --- the memory of event ids -----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 500), st.sampled_from([1, 31, 32, 64, 100, 512]))
@example(129, 100)
def test_the_latest_ids_are_remembered_and_the_oldest_forgotten_a_segment_at_a_time(count: int, capacity: int) -> None:
    customer = new_customer("c1")
    digests = [digest_of("core", f"e{place}") for place in range(count)]
    for digest in digests:
        remember(customer, digest, capacity)
    ring = max(1, capacity // SEGMENT) * SEGMENT
    kept = min(count, ring) if count % SEGMENT == 0 else min(count, ring - SEGMENT + count % SEGMENT)
    assert known(customer) == set(digests[count - kept :])
    assert all(is_known(customer, digest) for digest in digests[count - kept :])
    assert not any(is_known(customer, digest) for digest in digests[: count - kept])
    assert len(known(customer)) >= min(count, ring - SEGMENT)


@given(st.lists(st.tuples(st.integers(0, 150), st.sampled_from([1, 32, 64, 100, 320])), min_size=1, max_size=5), st.booleans())
def test_whatever_the_capacity_was_and_is_the_latest_are_known_and_read_back(parts: list[tuple[int, int]], written_between: bool) -> None:
    customer, records = new_customer("c1"), dict[bytes, bytes]()
    digests: list[int] = []
    least = 320
    for count, capacity in parts:
        for _ in range(count):
            digests.append(digest_of("core", f"e{len(digests)}"))
            remember(customer, digests[-1], capacity)
            least = min(least, max(SEGMENT, capacity // SEGMENT * SEGMENT))
            latest = (len(digests) - 1) % SEGMENT + 1
            assert known(customer) >= set(digests[-max(latest, least - SEGMENT) :])
        if written_between:
            records = written(customer, records)
            customer = read_back("c1", records)
    assert known(customer) <= set(digests)
    assert len(customer.events) <= 320
    records = written(customer, records)
    again = read_back("c1", records)
    assert list(again.events) == list(customer.events)
    assert (again.cursor, again.unsaved) == (customer.cursor, set())
    for _ in range(100):
        digests.append(digest_of("core", f"e{len(digests)}"))
        remember(customer, digests[-1], 96)
        remember(again, digests[-1], 96)
        assert list(again.events) == list(customer.events)
    assert whole(read_back("c1", written(again, records))) == whole(customer)


def test_a_segment_that_fills_again_forgets_what_its_record_still_holds() -> None:
    """The changelog has the first round's record of the segment until the second round has sealed it."""
    customer, records = new_customer("c1"), dict[bytes, bytes]()
    digests = [digest_of("core", f"e{place}") for place in range(2 * SEGMENT + 3)]
    for digest in digests:
        remember(customer, digest, 2 * SEGMENT)
        records = written(customer, records)
    assert known(customer) == known(read_back("c1", records)) == set(digests[SEGMENT:])


def test_a_segment_without_a_record_is_forgotten_and_nothing_else_moves() -> None:
    customer = new_customer("c1")
    digests = [digest_of("core", f"e{place}") for place in range(3 * SEGMENT + 1)]
    for digest in digests:
        remember(customer, digest, 512)
    records = written(customer)
    del records[segment_key(b"c1", 1)]
    again = read_back("c1", records)
    assert known(again) == set(digests) - set(digests[SEGMENT : 2 * SEGMENT])
    assert again.cursor == customer.cursor


def test_a_digest_is_a_signed_integer_of_64_bits() -> None:
    digests = [digest_of("core", f"e{place}") for place in range(100)]
    assert min(digests) < 0 < max(digests)
    assert all(-(2**63) <= digest < 2**63 for digest in digests)


def test_the_same_id_of_two_feeds_is_two_events() -> None:
    assert digest_of("core", "e1") != digest_of("cards", "e1")
    assert digest_of("core", "1e") != digest_of("core1", "e")


def test_a_repeat_is_dropped_and_changes_nothing_also_after_it_was_read_back() -> None:
    detector = Detector()
    for place in range(100):
        detector.take(posting(event_id=f"e{place}"))
    records = written(detector.customer())
    detector.customers["c1"] = read_back("c1", records)
    before = whole(detector.customer())
    for place in range(100):
        detector.take(posting(event_id=f"e{place}", amount="7.00", occurred_at=iso(1_800_000_000)))
        assert detector.last is not None
        assert detector.last.result == "duplicate"
    assert whole(detector.customer()) == before


def test_a_memory_made_larger_later_still_knows_what_it_knew() -> None:
    detector = Detector(world(events=64))
    for place in range(160):
        detector.take(posting(event_id=f"e{place}"))
    detector.world = world(events=512)
    for place in range(160, 300):
        detector.take(posting(event_id=f"e{place}"))
    records = written(detector.customer())
    assert known(read_back("c1", records)) == known(detector.customer())
    assert {digest_of("core", f"e{place}") for place in range(128, 300)} <= known(detector.customer())
