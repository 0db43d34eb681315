"""TVDB's codes of languages and countries, which have three letters, as the two-letter ones that we use. Pure.

Lists: https://api4.thetvdb.com/v4/languages and /countries. ISO 639-2/T and ISO 3166-1, but for a few of its own:
`pt` is the Portuguese of Brazil beside `por`, `zhtw` the Chinese of Taiwan beside `zho`.
"""

from __future__ import annotations

import re

# ISO 639-1 : ISO 639-2/T
_LANGUAGES = """
aa:aar ab:abk ae:ave af:afr ak:aka am:amh an:arg ar:ara as:asm av:ava ay:aym az:aze ba:bak be:bel bg:bul bi:bis
bm:bam bn:ben bo:bod br:bre bs:bos ca:cat ce:che ch:cha co:cos cr:cre cs:ces cu:chu cv:chv cy:cym da:dan de:deu
dv:div dz:dzo ee:ewe el:ell en:eng eo:epo es:spa et:est eu:eus fa:fas ff:ful fi:fin fj:fij fo:fao fr:fra fy:fry
ga:gle gd:gla gl:glg gn:grn gu:guj gv:glv ha:hau he:heb hi:hin ho:hmo hr:hrv ht:hat hu:hun hy:hye hz:her ia:ina
id:ind ie:ile ig:ibo ii:iii ik:ipk io:ido is:isl it:ita iu:iku ja:jpn jv:jav ka:kat kg:kon ki:kik kj:kua kk:kaz
kl:kal km:khm kn:kan ko:kor kr:kau ks:kas ku:kur kv:kom kw:cor ky:kir la:lat lb:ltz lg:lug li:lim ln:lin lo:lao
lt:lit lu:lub lv:lav mg:mlg mh:mah mi:mri mk:mkd ml:mal mn:mon mr:mar ms:msa mt:mlt my:mya na:nau nb:nob nd:nde
ne:nep ng:ndo nl:nld nn:nno no:nor nr:nbl nv:nav ny:nya oc:oci oj:oji om:orm or:ori os:oss pa:pan pi:pli pl:pol
ps:pus pt:por qu:que rm:roh rn:run ro:ron ru:rus rw:kin sa:san sc:srd sd:snd se:sme sg:sag si:sin sk:slk sl:slv
sm:smo sn:sna so:som sq:sqi sr:srp ss:ssw st:sot su:sun sv:swe sw:swa ta:tam te:tel tg:tgk th:tha ti:tir tk:tuk
tl:tgl tn:tsn to:ton tr:tur ts:tso tt:tat tw:twi ty:tah ug:uig uk:ukr ur:urd uz:uzb ve:ven vi:vie vo:vol wa:wln
wo:wol xh:xho yi:yid yo:yor za:zha zh:zho zu:zul
"""
# ISO 3166-1 twice, and the name as TMDB writes it, so that one country does not appear under two names
_COUNTRIES = """
AD and Andorra | AE are United Arab Emirates | AF afg Afghanistan | AL alb Albania | AM arm Armenia | AO ago Angola
| AR arg Argentina | AT aut Austria | AU aus Australia | AZ aze Azerbaijan | BA bih Bosnia and Herzegovina | BB brb
Barbados | BD bgd Bangladesh | BE bel Belgium | BF bfa Burkina Faso | BG bgr Bulgaria | BH bhr Bahrain | BN brn
Brunei | BO bol Bolivia | BR bra Brazil | BS bhs Bahamas | BW bwa Botswana | BY blr Belarus | BZ blz Belize | CA can
Canada | CD cod Congo | CH che Switzerland | CI civ Côte d'Ivoire | CL chl Chile | CM cmr Cameroon | CN chn China |
CO col Colombia | CR cri Costa Rica | CU cub Cuba | CV cpv Cape Verde | CY cyp Cyprus | CZ cze Czech Republic | DE
deu Germany | DK dnk Denmark | DO dom Dominican Republic | DZ dza Algeria | EC ecu Ecuador | EE est Estonia | EG egy
Egypt | ES esp Spain | ET eth Ethiopia | FI fin Finland | FJ fji Fiji | FR fra France | GB gbr United Kingdom | GE
geo Georgia | GH gha Ghana | GN gin Guinea | GR grc Greece | GT gtm Guatemala | GY guy Guyana | HK hkg Hong Kong |
HN hnd Honduras | HR hrv Croatia | HT hti Haiti | HU hun Hungary | ID idn Indonesia | IE irl Ireland | IL isr Israel
| IN ind India | IQ irq Iraq | IR irn Iran | IS isl Iceland | IT ita Italy | JM jam Jamaica | JO jor Jordan | JP jpn
Japan | KE ken Kenya | KG kgz Kyrgyzstan | KH khm Cambodia | KP prk North Korea | KR kor South Korea | KW kwt Kuwait
| KZ kaz Kazakhstan | LA lao Laos | LB lbn Lebanon | LI lie Liechtenstein | LK lka Sri Lanka | LT ltu Lithuania | LU
lux Luxembourg | LV lva Latvia | LY lby Libya | MA mar Morocco | MC mco Monaco | MD mda Moldova | ME mne Montenegro
| MG mdg Madagascar | MK mkd North Macedonia | ML mli Mali | MM mmr Myanmar | MN mng Mongolia | MO mac Macao | MT
mlt Malta | MU mus Mauritius | MV mdv Maldives | MX mex Mexico | MY mys Malaysia | MZ moz Mozambique | NA nam
Namibia | NG nga Nigeria | NI nic Nicaragua | NL nld Netherlands | NO nor Norway | NP npl Nepal | NZ nzl New Zealand
| OM omn Oman | PA pan Panama | PE per Peru | PG png Papua New Guinea | PH phl Philippines | PK pak Pakistan | PL
pol Poland | PR pri Puerto Rico | PS pse Palestine | PT prt Portugal | PY pry Paraguay | QA qat Qatar | RO rou
Romania | RS srb Serbia | RU rus Russia | RW rwa Rwanda | SA sau Saudi Arabia | SD sdn Sudan | SE swe Sweden | SG
sgp Singapore | SI svn Slovenia | SK svk Slovakia | SM smr San Marino | SN sen Senegal | SO som Somalia | SR sur
Suriname | SV slv El Salvador | SY syr Syria | TH tha Thailand | TJ tjk Tajikistan | TM tkm Turkmenistan | TN tun
Tunisia | TR tur Turkey | TT tto Trinidad and Tobago | TW twn Taiwan | TZ tza Tanzania | UA ukr Ukraine | UG uga
Uganda | US usa United States of America | UY ury Uruguay | UZ uzb Uzbekistan | VA vat Vatican City | VE ven
Venezuela | VN vnm Vietnam | YE yem Yemen | ZA zaf South Africa | ZM zmb Zambia | ZW zwe Zimbabwe
"""
_THREE = dict(pair.split(":") for pair in _LANGUAGES.split())
_TWO = {three: two for two, three in _THREE.items()} | {"pt": "pt", "zhtw": "zh", "yue": "zh"}
_OWN = {"pt": ("por", "pt"), "zh": ("zho", "zhtw"), "no": ("nor",), "nb": ("nor", "nob"), "nn": ("nno", "nor")}
_REGIONAL = {"pt-br": ("pt", "por"), "zh-tw": ("zhtw", "zho"), "zh-hk": ("yue", "zhtw"), "zh-hant": ("zhtw", "zho")}
_BY_CODE = {
    row[1]: (row[0], " ".join(row[2:]))
    for row in (entry.split() for entry in re.sub(r"\s+", " ", _COUNTRIES).split("|"))
}


def codes_of(language: str) -> tuple[str, ...]:
    """TVDB's codes for a wanted language (`de`, `pt-BR`), the best first."""
    wanted = language.lower()
    base = wanted.partition("-")[0]
    return _REGIONAL.get(wanted) or _OWN.get(base) or (_THREE.get(base, base),)


def language(code: str | None) -> str | None:
    """The two-letter code of a language; what has none keeps its own (`fil`)."""
    return None if code is None else _TWO.get(code.lower(), code.lower())


def country_name(code: str | None) -> str | None:
    return _BY_CODE.get((code or "").lower(), (None, None))[1]


def country(code: str | None) -> str | None:
    """The two-letter code of a country."""
    return _BY_CODE.get((code or "").lower(), (None, None))[0]
