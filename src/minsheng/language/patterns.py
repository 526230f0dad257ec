"""Expressions and word lists behind `rules`: numbers, names, addresses. All work on folded text (`folding.in_place`).

Every repetition has an end, so that no text makes one of them slow: a test feeds each its worst input and looks at the growth.
"""

from __future__ import annotations

import re

PLAIN_MOBILE = re.compile(r"1[3-9]\d{9}")
# Figures as they are said and as banks write them; 幺两拐勾洞 as on the radio.
_SAID = ("零〇○洞", "一壹弌壱幺", "二贰貳弍弐貮两", "三叁參叄弎", "四肆亖", "五伍", "六陆陸", "七柒漆拐", "八捌", "九玖勾")
SPOKEN = {ord(c): str(figure) for figure, ways in enumerate(_SAID) for c in ways}
_FIGURE = rf"[{''.join(map(chr, SPOKEN))}\d]"
SPOKEN_RUN = re.compile(rf"(?:{_FIGURE}[-\s.·_,，、]{{0,2}}){{6,40}}{_FIGURE}")
# The head of a mobile number said as one number: 一百三十八零零…. Its 百 and 十 are no figures; the 十 of 一百三十零零… is one.
HUNDRED = re.compile(
    rf"(?<={_FIGURE})[百佰](?:(?=[三叁3四肆4五伍5六陆6七柒7八捌8九玖9][十拾]{_FIGURE})|(?={_FIGURE}[-\s,，、]{{0,2}}{_FIGURE}{{2}}))"
    rf"|(?<=[百佰]{_FIGURE})[十拾](?=[-\s,，、]{{0,2}}{_FIGURE})")
# Figures said together: 双零, 三个零, 八千.
TOGETHER = re.compile("[双俩仨个千]")
_TOGETHER = rf"(?:[双俩仨]|[两二三四2-4]个)?{_FIGURE}千?"
TOGETHER_RUN = re.compile(rf"(?<!{_FIGURE})(?:{_TOGETHER}[-\s,，、.]{{0,2}}){{3,12}}{_TOGETHER}(?!{_FIGURE})")
ONE_TOGETHER = re.compile(rf"([双俩仨]|[两二三四2-4]个)?({_FIGURE})(千?)")
# Between figures that were copied from a page: 138<br>0013, 138&nbsp;0013, 138%200013.
MARKUP = re.compile(r"<[^<>\n]{1,60}>|&[a-z]{2,6};|%(?:20|2[DdBb]|0[AaDd])")
CODED = re.compile(r"&#(?:(\d{2,5})|x([0-9A-Fa-f]{2,4}));")
IS_SPOKEN = re.compile(rf"[{''.join(map(chr, SPOKEN))}]")
# Circled and bracketed figures count things as often as they write a number; so they are read both ways.
ENUMERATED = re.compile("[²³¹⁰-⁹₀-₉①-⒛⓪-⓿❶-➓㈠-㈩㉈-㉏㉑-㉟㊀-㊉㊱-㊿\U0001f100-\U0001f10c]")
TURNED = re.compile("[\u202d\u202e\u2067]([^\u202c\u2069\n]{1,200})")  # bidi overrides: shown backwards

S = r"[-\s.·_,，、~]{0,2}"  # what people write between the digits of a number
# Most texts hold no number of five figures and more, whatever stands between them: one look spares them all patterns of numbers.
FIGURES = re.compile(r"\d(?:[\W_]{0,3}\d){4,5000}")

G = r"[-\s]{0,2}"  # within the first three digits: neither house numbers (1、3、5) nor hours (14.00) are a telephone
_ALONE = r"(?<!\d)(?<!\d\.)"  # not the rest of a longer number, nor of a decimal
_EXTENSION = r"(?:\s?(?:转分机|转|分机号?|内线|ext\.?)[\s:]?\d{1,6})?(?!\d)"

MOBILE = re.compile(rf"{_ALONE}(?:(?:\+|00)?86{S}|0{G})?1{G}[3-9]{G}\d\)?{S}(?:\d{S}){{7}}\d{_EXTENSION}")
MOBILES = re.compile(r"(?<!\d)(?:1[3-9]\d{9}){2,500}(?!\d)")  # several in one run
_ANY = r"(?:[^\w；;。]|_){1,3}"
# Torn apart by whatever is no word: each figure alone, or three, four and four.
SCATTERED = re.compile(rf"(?<!\d)(?:1{_ANY}[3-9](?:{_ANY}\d){{9}}|1[3-9]\d{_ANY}\d{{4}}{_ANY}\d{{4}})(?!\d)")
# Torn apart by words for what stands between: 138空格0013空格8000, 139加上12345678.
_WORD = r"[\s,，]{0,2}(?:空格|减号?|横?杠|横线|和|与|及|后面|中间|再加?|加上?|然后|接着|最?后四?位?|[。；;])[\s,，是为:]{0,2}"
WORDED = re.compile(rf"(?<!\d)1[3-9]\d(?:{_WORD}\d{{4}}{_WORD}\d{{4}}|{_WORD}\d{{8}})(?!\d)")
# In pieces, and what each piece is: 前三位138，中间0013，最后四位8000. Whether they are eleven figures, `masking` counts.
_PIECE = (r"前面?|中间|中|后面?|尾巴?|末尾?|开头|开始|结尾|打头|收尾|起头|接着|连着|跟着|然后|再加?|加上?|最后|第?[一二三四五六七八两\d]{1,2}[位段]|[前后]半|段|位|换行")
PIECED = re.compile(_PIECE)
IN_PIECES = re.compile(rf"(?<!\d)\d{{1,8}}+(?![位段])(?:(?:[\s,，、:;；是为的\"'“”()]|{_PIECE}|数字?|号码?|部分|先|头){{1,10}}\d{{1,8}}+(?![位段])){{1,10}}")
BACKWARDS = re.compile("倒[着过念写数读序背]|颠倒|反[过着][来念写读]?|反向|反写|逆[着序向]|从[后右尾][往向到]|backward|revers", re.IGNORECASE)
ELEVEN = re.compile(r"(?<!\d)\d(?:[-\s]?\d){10,11}(?!\d)")
# Eleven places, some of them covered; how many, and where, `masking` looks at.
STAR = "*×xX✕●○■□?"
STARRED = re.compile(rf"(?<![\d{STAR}])1{S}[3-9{STAR}](?:{S}[\d{STAR}]){{9}}(?![\d{STAR}])")
STARRED_ID = re.compile(rf"(?<![\dA-Za-z*])[1-9]\d{{5}}(?:19|20)[\d{STAR}]{{10}}(?![\dA-Za-z*])")
STARRED_LINE = re.compile(rf"(?<!\d)0(?:10|2\d|[3-9]\d\d)[- ]?[2-9]\d{{4,5}}[{STAR}]{{1,2}}(?![\d{STAR}])")
_HIDDEN = rf"(?:[{STAR}…]|\.{{2}}|某)"
_LIKE = "[0-9OoОоQDlI]"
LETTERED = re.compile(rf"(?<![A-Za-z0-9])(?:[lI|][3-9]|1(?=[3-9](?:[-. ]?\d){{0,8}}[-. ]?[OoОоQDlI])[3-9])(?:[-. ]?{_LIKE}){{9}}(?![A-Za-z0-9])")  # O and l for 0 and 1
_EN_FIGURE = ("zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple"
              "|ling|dong|yao|yi|er|liang|san|si|wu|liu|qi|guai|ba|jiu|gou")  # and as they are said, in Latin letters
_BO_FIGURE = "ཀླད་ཀོར|ཀླད|གཅིག|གཉིས|གསུམ|བཞི|ལྔ|དྲུག|བདུན|བརྒྱད|དགུ"
SPELLED = re.compile(rf"(?<![a-z])(?:(?:{_EN_FIGURE})[1-5]?[\s,.-]{{1,3}}){{6,20}}(?:{_EN_FIGURE})[1-5]?(?![a-z])"
                     rf"|(?<![a-z])(?:(?:{_EN_FIGURE})[1-5]?){{9,20}}(?![a-z])", re.IGNORECASE)
# Figures and words in turn: 138 double zero 13 8 triple zero.
HALF_SPELLED = re.compile(rf"(?<![a-z\d])(?:(?:{_EN_FIGURE}|\d{{1,6}})[\s,.-]{{1,3}}){{1,20}}(?:{_EN_FIGURE}|\d{{1,6}})(?![a-z\d])", re.IGNORECASE)
EN_FIGURES = {word: str(figure % 10) for words in ("zero one two three four five six seven eight nine", "ling yi er san si wu liu qi ba jiu")
              for figure, word in enumerate(words.split())} | {"oh": "0", "dong": "0", "yao": "1", "liang": "2", "guai": "7", "gou": "9"}
SPELLED_BO = re.compile(rf"(?:(?:{_BO_FIGURE})[་\s,]{{1,3}}){{6,20}}(?:{_BO_FIGURE})")
LANDLINE = re.compile(rf"{_ALONE}(?:(?:\+|00)86{S}\(?0?|86-0?|\(?0)(?:10|2\d|[3-9]\d\d)\)?{S}[2-9]\d{{2,3}}{S}\d{{4}}(?:-\d{{1,6}}(?!\d)|{_EXTENSION})")
_LOCAL = r"(?:[2-8]\d{6,7}|(?!(?:19|20)\d\d)[2-8]\d{2,3}[- ]\d{4})(?!\d)"  # a span of years (2016-2030) is none
_CALLED = "电话|座机|固话|号码|致电|来电|回电|打|拨|联系方式|联系我|手机|ཁ་པར"
_UNITS = "元|块|万|亿|千|百|名|户|件|个|次|年|月|日|吨|度电|米|公|斤|平方|平米|亩|立方|字|页|张|辆|台|套|份|箱|升|%"
# A local number without its area code: after a word that speaks of calling, before one, or standing alone and counting nothing.
LOCAL = re.compile(
    rf"(?:{_CALLED})[^\d\n]{{0,6}}({_LOCAL})(?!{_UNITS})"
    rf"|(?<![\d.A-Za-z-])({_LOCAL})(?=[\s,，]{{0,2}}(?:找我|联系|回电|给我|打给))"
    r"|(?<![\d.A-Za-z-])([2-8]\d{6,7}\s?(?:转|分机号?)\s?\d{1,5})(?!\d)"
)
# A figure too many or too few, or grouped as nobody does: it is still the number that somebody gave.
MISTYPED = re.compile(rf"(?:电话|手机|座机|固话|号码|联系方式)[^\d\n费量卡]{{0,5}}"
                      rf"((?!(?:19|20)\d\d[-./年])(?:1[3-9]\d{{6,12}}|0[1-9]\d(?:[- ]?\d){{7,9}}|[2-8](?:[- ]?\d){{6,7}}))(?![\d.])(?!\s?(?:{_UNITS}))")
_DAY = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)"
STANDING = re.compile(rf"(?:^|(?<=[\s,，。；;、:(/]))(?!{_DAY})({_LOCAL})(?=[\s,，。；;、)/]|$)(?![\s)]{{0,2}}(?:{_UNITS}))")
COUNTED = re.compile(
    r"(?:编号|单号|订单|发票|读数|表号|户号|金额|款|价|费|工资|面积|人口|产值|产量|流水|快递|案号|合同|批号|文号|数|共|计|约|第|了|付|欠|达|为|余|投资)[^\d，。；;]{0,4}$"
)
FOREIGN = re.compile(r"(?<![\d+])(?:\+(?!86)\d{1,3}|(?<![\dA-Za-z号码])00(?:977|975|852|853|886|91|44|81|82))(?:[-\s.()]{0,2}\d){6,13}(?!\d)")
# The number of an office (物业电话0891-…) is nobody's own; that of the requester is told by the field and goes all the same.
OFFICE = re.compile(r"(?<!我)(?:物业|居委会|村委会|社区|街道办?|办事处|派出所|大队|公司|供电所|(?!我)[\u4e00-\u9fff](?:局|政府|法院|检察院|委员会|指挥部)|"
                    r"管理处|服务中心|营业厅|医院|学校|幼儿园|项目部|售楼部|酒店|热线)(?:的|办公室|前台)?(?:值班|办公|服务|客服|报修|抢修|固定|咨询|监督|投诉|举报)?(?:电话|热线|座机|总机)(?:号码)?[\s是为:(]{0,3}$")
# The last figures of a number, as people give them to be told apart.
TAIL = re.compile(r"(?=[尾后末])(?:尾号|[后末]\s?[四4六6八8]\s?位(?:数字?|号码)?)[\s是为:]{0,3}(\d{3,8}[Xx]|\d{4,8})(?![\d年月日元])")
ID_CARD = re.compile(
    rf"(?<![\dA-Za-z])[1-9]{S}(?:\d{S}){{5}}(?:1{S}[89]|2{S}0){S}(?:\d{S}){{2}}(?:0{S}[1-9]|1{S}[0-2]){S}(?:0{S}[1-9]|[12]{S}\d|3{S}[01]){S}"
    rf"(?:\d{S}){{3}}(?:[\dXxХхΧχ❌✖✗](?![\dA-Za-z])|叉|[艾埃]克斯|十)"
)
OLD_ID = re.compile(
    r"身份证[^\d\n]{0,8}(\d{15}|\d{17}[\dXx])(?!\d)"
    r"|(?<![\dA-Za-z])(?<!\d\.)((?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])\d{4}\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3})(?![\dA-Za-z])"
)
_PAPERS = ("残疾人证|低保证|老年证|居住证|退役证|一卡通|驾照|"
           "医保号|社保号|医保编号|社保编号|社会保障号|学号|出生证|出生医学证明|护照|通行证|军官证|士兵证|警官证|证件号|身份证|台胞证|回乡证|社保卡|医保卡|残疾证|驾驶证|住院号|病历号|门诊号|就诊卡|学籍号|准考证")
PASSPORT = re.compile(
    rf"(?:{_PAPERS})[^\dA-Za-z\n]{{0,6}}([A-Za-z]{{0,2}}\s?\d(?:\s?\d){{5,20}}[Xx]?(?:\([\dA]\))?)(?![\dA-Za-z])"
    r"|(?<![\dA-Za-z])([A-Z]{1,2}\d{6}\([\dA]\))"
    r"|(?i:(?<![a-z])(?:passport|identity card|id card|travel permit)(?:\s{0,2}(?:no|number|num|id))?)[\s.:#]{0,4}(?:is\s)?([A-Za-z]{0,2}\d{6,18}[Xx]?)(?![\dA-Za-z])"
)
# Said to be one, and covered in part: what is left of it still tells one person from another. How much is left, `masking` looks at.
HALF_ID = re.compile(rf"(?:{_PAPERS}|身份号码?|证件)(?:号码?|编号)?[\s:是为(]{{0,4}}([A-Za-z]{{0,2}}\d[\d\s-]{{0,16}}{_HIDDEN}(?:[\d\s-]|{_HIDDEN}){{1,20}}[\dXx]?)")
HALF_CARD = re.compile(rf"(?:卡号|账号|帐号|账户|银行卡|储蓄卡|存折|信用卡)(?:号码?)?[\s:是为(]{{0,4}}(\d[\d\s-]{{0,16}}{_HIDDEN}(?:[\d\s-]|{_HIDDEN}){{1,20}}\d?)")
HIDDEN = re.compile(_HIDDEN)
# A book's number is nobody's, and its check digit tells it.
BOOK = re.compile(r"(?:(?i:isbn)|书号)(?:-1[03])?(?:号码?|编号)?[\s:是为]{0,3}((?:97[89][-\s]?)?\d(?:[-\s]?\d){8}[-\s]?[\dXx])(?![\dA-Za-z])")
UNION = re.compile(r"(?<![\dA-Za-z])(?<!\d\.)6[-\s]?2(?:[-\s]?\d){14,17}(?![\dA-Za-z])")  # a card, one of its figures mistyped or not
BANK = re.compile(r"(?<![\dA-Za-z])(?<!\d\.)[3-69]\d{3}(?:[-\s]?\d){11,15}(?![\dA-Za-z])")
CARD = re.compile(r"(?:卡号|账号|帐号|账户|帐户|银行卡|储蓄卡|存折)[\s:是为号码(]{0,4}(\d(?:[-\s]?\d){11,22})(?!\d)")
# A household's account with who supplies it, a vehicle's own number: by either its owner is found (rulings, 24).
_SUPPLIED = "公积金账?号|缴存账?号|户号|用户编?号|客户编?号|缴费编?号|缴费账号|用户卡号|燃气卡号|[水电气]卡号"
ACCOUNT = re.compile(rf"(?:{_SUPPLIED})码?[\s:是为(]{{0,4}}([A-Za-z]{{0,4}}\d(?:[-\s]?\d){{4,19}})(?![\dA-Za-z])(?!\s?(?:{_UNITS}))")
VEHICLE = re.compile(r"(?:车架号码?|车架编号|车辆识别(?:代[号码]|号码?)"
                     r"|(?<![A-Za-z])(?:VIN|vin)码?|发动机号码?|大架号)[\s:是为(]{0,4}(?=[A-Za-z-]{0,8}\d)([A-Za-z0-9-]{4,20})(?![A-Za-z0-9])"
                     r"|(?<![A-Za-z0-9])(L[A-HJ-NPR-Z0-9]{12}\d{4})(?![A-Za-z0-9])")
_PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_SAID_IN_PLATE = "[一二三四五六七八九零〇幺洞拐]"
PLATE = re.compile(
    rf"[{_PROVINCE}使领]\s{{0,2}}[A-HJ-NP-Za-hj-np-z][·•.。:\s_-]{{0,2}}(?=[A-Za-z0-9\s-]{{0,6}}\d)"
    r"[A-HJ-NP-Za-hj-np-z0-9](?:[\s-]?[A-HJ-NP-Za-hj-np-z0-9]){3,4}[\s-]?[A-HJ-NP-Za-hj-np-z0-9挂学警港澳](?![A-Za-z0-9])"
    rf"|[{_PROVINCE}][A-HJ-NP-Za-hj-np-z][·•.。\s-]{{0,2}}(?=[A-HJ-NP-Z\d]{{0,4}}{_SAID_IN_PLATE})(?:[A-HJ-NP-Z\d]|{_SAID_IN_PLATE}){{5,6}}"
    r"|(?:车牌号?码?|车牌照|牌照号?|(?<![汽火])车号)[\s是为:]{0,3}(?=[A-Z0-9]{0,6}\d)[A-HJ-NP-Z][A-HJ-NP-Z0-9]{5,6}(?![A-Za-z0-9])"
    rf"|(?<![A-Za-z])WJ\s?[{_PROVINCE}\d]{{0,2}}[\s·-]?\d{{4}}[A-Z\d](?![A-Za-z0-9])"
)
_L = "A-Za-z0-9\u0370-\u052f"  # Greek and Cyrillic letters look like Latin ones
_HOST = rf"[{_L}\u4e00-\u9fff-]{{1,63}}"
_DOT = r"(?:[.。]|\s?[(\[](?:dot|点)[)\]]\s?|点)"
_AT = r"(?:@|[(\[]at[)\]]|艾特|#(?=(?:qq|163|126|139|189|sina|sohu|yeah|gmail|outlook|hotmail|foxmail)\.com))"
MAIL = re.compile(rf"[{_L}][{_L}_.+%-]{{0,63}}\s?{_AT}\s?(?:{_HOST}?{_DOT}[{_L}-]{{1,63}}(?:{_DOT}[{_L}-]{{1,63}}){{0,3}}|{_HOST}\.[\u4e00-\u9fff]{{2,4}})"
                  rf"|(?<![{_L}])[{_L}_.+%-]{{1,64}}\sat\s[{_L}-]{{1,63}}\s?(?:dot|点)\s?(?:com|cn|net|org)(?![A-Za-z])"
                  rf"|[{_L}][{_L}_.+%-]{{0,63}}\s?@\s?[{_L}-]{{1,63}}\s?\.\s?(?:com|cn|net|org)(?![A-Za-z])"
                  rf"|(?:邮箱|邮件|(?<![A-Za-z])e-?mail)[\s:：是为]{{0,3}}([{_L}][{_L}_.+%-]{{1,63}}[^\w\s，。]?[{_L}-]{{1,63}}\.(?:com|cn|net|org|me)(?:\.cn)?)(?![A-Za-z])", re.I)
_CHATS = (r"(?:微\s{0,2}信|[薇威维徽]信(?=\s?号|[^\w]{0,3}[a-z])|(?<![a-z])v信|加\s?v(?![a-z])|抖音|快手|小红书|支付宝|钉钉"
          r"|加\s?[薇微]|绿泡泡|电报|\b(?:we\s?chat|weixin|wx|vx|telegram|whatsapp|skype|facebook|instagram|line\s?id|v(?=:))(?![a-z]))\s{0,2}(?:同?号|ID|id)?")
WECHAT = re.compile(rf"{_CHATS}[^\w\n]{{0,3}}(?:[是为加])?[^\w\n]{{0,2}}([A-Za-z0-9][-\w]{{4,29}})", re.A | re.I)
QQ = re.compile(r"(?:(?<![A-Za-z])Q\s?Q|(?<![A-Za-z])q(?=号)|扣扣|企鹅)(?:号码?|群)?[^\w\n]{0,3}[是为]?[^\w\n]{0,2}([1-9](?: ?\d){4,11})(?!\d)", re.A | re.I)

HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003fffd"
_N = r"[0-9零〇一二三四五六七八九十两]"
_BLOCK = rf"(?:{_N}{{1,4}}|[A-Za-z]\d{{0,2}})(?:栋|幢|座|号楼|#楼?)"
ROOM = re.compile(
    rf"(?:{_BLOCK}[\s,，-]{{0,2}}(?:{_N}{{1,3}}单元[\s,，-]{{0,2}})?(?:{_N}{{1,3}}\s?(?:层|楼)[\s,，-]{{0,2}})?[A-Za-z]?{_N}{{3,5}}(?![\d年月日元米个户人天次名])(?:\s?(?:室|号房|号|房))?"
    rf"|{_N}{{1,3}}单元[\s,，-]{{0,2}}(?:{_N}{{1,3}}(?:层|楼)[\s,，-]{{0,2}})?{_N}{{2,5}}(?![\d年月日元米个户人天次名])(?:室|号房|号|房)?"
    rf"|(?<![\d-])\d{{1,3}}[-#]\d{{1,2}}[-#](?!19\d\d|20\d\d)\d{{3,4}}(?![\d年月日-])(?:室|号|房)?"
    rf"|(?<!\d)(?:\d{{3,4}}(?:室|房间)|(?<!第)[一二三四五六七八九]{_N}{{2,3}}室))"
)

# The number of one's own house; the street number of a matter is its place and stays.
_HOME = "家住|住在|住于|居住|住址|家庭地址|联系地址|通讯地址|我家|家在|现住|租住|租房在|我住|人住"
HOME = re.compile(rf"(?:{_HOME})[^。；;!！?？\n\d]{{0,24}}?(?:\d{{1,3}}[组社队村区期巷弄院][^。；;!！?？\n\d]{{0,6}}?)?"
                  rf"(?<!第)({_N}{{1,5}}(?:[-—之附]\d{{1,4}}){{0,2}}\s?号)(?!线|令|文|楼|栋)|住[^。；;!！?？\n\d]{{0,16}}?[村社队](?:\d{{1,3}}组)?\s?(\d{{1,4}}\s?号)(?!线|楼|栋)"
                  rf"|住[^。；;!！?？\n\d]{{0,16}}?[村社队乡镇]\s?\d{{1,3}}\s?组\s?(\d{{1,4}}\s?号)(?!线|楼|栋)")

SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄"
    "和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫经房裘缪干解应宗丁宣邓郁单杭洪包诸左石崔吉钮龚程嵇邢"
    "滑裴陆荣翁荀羊甄曲封芮储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申"
    "扶堵冉宰郦雍却璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯"
    "相查后荆红游竺权逯盖益桓公仉督岳帅缑亢况郈有琴归海墨哈谯笪年爱阳佟言福肖付代闫覃涂兰闪"
)
COMPOUND = "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|夏侯|南宫|端木|宇文|长孙|独孤"
# The parts that Tibetan names are made of, as written in Chinese; spellings vary (次仁/才仁/泽仁).
PARTS = (
    "次仁|才仁|泽仁|才让|次旺|次旦|次珍|次央|次吉|次多|扎西|卓玛|卓嘎|拉姆|央金|央宗|央拉|德吉|白玛|边巴|巴桑|达瓦|尼玛|米玛|拉巴|普布|普巴|平措|彭措|罗布|洛桑|罗桑|丹增|旦增|丹巴|旦巴|格桑|嘎玛|噶玛|强巴|晋美|久美|"
    "索朗|索南|多吉|多布杰|顿珠|顿旦|贡布|贡嘎|贡桑|桑珠|桑吉|桑杰|仁增|仁青|仁钦|旺堆|旺久|旺姆|旺杰|旺扎|曲珍|曲央|曲吉|曲扎|曲杰|群培|群宗|阿旺|昂旺|其美|其米|加措|嘉措|江措|加央|江白|坚赞|坚参|云丹|益西|意西|"
    "伦珠|朗杰|南杰|赤列|赤来|琼达|琼珍|琼吉|卓嘎|吉宗|吉美|玉珍|玉措|石确|土登|图登|班觉|班典|白珍|白央|色珍|斯曲|斯郎|拉珍|拉宗|拉吉|嘎珍|德庆|德央|措姆|措吉|宗吉|珠扎|占堆|占都|欧珠|俄珠|热旦|热杰|列珠|列谢|"
    "桑旦|桑布|巴珠|尼珍|美朵|梅朵|康珠|森格|森巴|松布|东珠|东知|周毛|措毛|南加|拉毛|华旦|卓尕|才旦|才旺|才珍|益珍|格列|格勒|洛珠|洛追|念扎|年扎|阿珍|珠杰|培杰|金巴|确吉|确旦|次成|次程|楚臣|俊美|旦珍|旦真|丹珍|丹真|"
    "向巴|嘎松|仓决|仓木决|斯朗|达娃|达珍|德珍|德西|边珍|普赤|普琼|普珍|扎桑|土旦|洛绒|四郎|泽旺|泽郎|泽措|志玛|拥措|拥珍|拥忠|邓珠|登增|向秋|群措|央吉|边宗|白宗|措珍|嘎宗"
)
TIBETAN_ZH = rf"(?:(?:{PARTS}){{1,3}})"
_STOP = (
    "住在是的家电手今有要想来我你他她说于因为反投咨建求请联已未没从到和与跟去打向对被把将现昨前本此这那上下不就也都还又等在给用以所身号称，。、；："
    "男女岁系籍人民工是"
)
CHINESE = rf"(?:(?:{COMPOUND})|[{SURNAMES}])[{HAN}](?:(?![{_STOP}])[{HAN}])?"
DOTTED = rf"[{HAN}]{{1,8}}(?:·[{HAN}]{{1,8}}){{1,3}}"
_CALLED_FOR = ("[了过不没]|人来|救护|快递|外卖|滴滴|美团|顺丰|物业|师傅|保安|保洁|警察|医生|孩子|家[人里长]|"
               "社区|村里|施工|网约|维修|修理|工人|老板|朋友|同[事学]|邻居|房东|停|醒|.{1,2}车")
GENERIC = (rf"(?!匿名|保密|不[详明愿]|未知|无名)(?:(?![{_STOP}])[{HAN}]){{2,6}}(?:\.(?:(?![{_STOP}])[{HAN}]){{2,4}})?"
           "(?=[\\s,，。；;、:)）.”\"’」】》]|$)")
SOME_NAME = rf"(?:{DOTTED}|{TIBETAN_ZH}|{CHINESE})(?:\s?[（(][^（）()\n]{{1,12}}[)）])?"
TITLE = r"(?:先生|女士|小姐|同志|老师|师傅|阿姨|大爷|大妈|大叔|大姐|大哥)"
KNOWN = "邻居|房东|老板|业主|租客|朋友|同学|同事|丈夫|妻子|老公|老婆|儿子|女儿|孩子(?=名?叫)|母亲|父亲|妈妈|爸爸|我妈|我爸|哥哥|弟弟|姐姐|妹妹|爷爷|奶奶|民警|医生|护士"
_COMMON = "王李张刘陈杨赵吴徐孙胡朱郭罗宋郑谢韩唐冯邓曹袁彭吕卢蒋蔡贾魏薛潘杜姜姚谭廖邹熊崔邱邵孟尹"  # that begin no ordinary word
PLACED = "路街巷村乡镇县区居小社花商酒宾饭茶藏广大学医寺桥沟山河湖牧"  # what follows when it is the name of a place
ASKED = "姓名|名字|联系人|投诉人|诉求人|申请人|来电人|反映人|举报人|当事人|报案人|署名|落款|受害人|患者|户主|法人"
# What one is, and not what one is called: surnames begin these words too.
_I_AM_NONE = ("(?:我是|本人是?|这里是)(?:居民|农民|牧民|边民|司机|车主|房[东主客]|高中|干部|党员|经营|应届|毕业|游客|公务|路[人过]|文员|施工|养殖|种植|于[今去昨前]|"
              "有[房车关意]|时常|向往|从[事业没]|经常|全[职家市]|单[身亲位]|方[便才]|安[装全]|常[住年]|武[警术]|温室|都市|水[电管产]|花[店农]|空[巢军]|盲|商|后[勤来]|连[续夜]|阳台|通[过讯]|向[贵你您相上]|计|相[关信]|党|冷库|车间|应|党支|左右|容易)")
# Behind these a name of a common surname is one where it ends as a name does: 户主王建国反映, 死者：王建国.
PARTIES = ("业主|房主|店主|车主|机主|货主|司机|负责人|经办人|经营者|法定代表人|法人代表|代理人|委托人|收件人|收货人|寄件人|"
           "承租人|出租人|买受人|监护人|被投诉人|被举报人|报警人|求助人|求助者|死者|伤者|逝者|家长|学生|病人|老人|市民|村民|居民|租户|住户|牧民|农民|签名")
_NO_NAME = (f"谢谢|谢绝|张贴|张望|张罗|张开|张口|张扬|张嘴|陈述|陈诉|陈列|陈旧|陈年|罗列|罗盘|罗马|郑重|胡乱|胡说|胡闹|胡同|杨树|李子|朱红|宋体|王牌|王者|唐突|韩[国语]|"
            f"徐徐|孙[子女]|杜绝|熊猫|.某|..?(?:{TITLE})|.[记氏家姓]")
LIKELY = rf"(?!{_NO_NAME})(?:{COMPOUND}|[{_COMMON}])[{HAN}]{{1,2}}(?<![路街巷村乡镇县区寺桥沟庄店院人])"
_SAYS = "电话|手机|反映|来电|致电|投诉|举报|家[里中]|[男女][,，]|称|表示|要求|说|系|身份证|被|在|今年|现年|住院|去世|受伤"
_ENDS = rf"(?=[\s,，。；;、:()\d!?！？\[\]【】”\"’」》]|{_SAYS}|$)"
_OLD = f"[老小][{_COMMON}]"  # 老王, 小李
# Where a name may begin: a look at one character, and at four for the pairs of Tibetan parts, before the long alternatives are tried.
_BEGINS = "".join(sorted({*"我俺咱本这免姓敬", *SURNAMES, *(w[0] for words in (ASKED, KNOWN, COMPOUND, PARTS) for w in words.split("|"))}))
_PAIR = "".join(f"[{''.join(sorted({w[n] for w in PARTS.split('|')}))}]" for n in (0, 1, 0, 1))
NAME = re.compile(
    rf"(?=[{_BEGINS}])(?!{_I_AM_NONE})(?:"
    rf"(?:[我俺咱](?:的名字)?(?:叫做?|名叫|名字[叫是])|本人(?:姓名|名?叫)|(?:{ASKED})\s{{0,2}}(?:是|为|叫)?\s{{0,2}}[:\s])[:\s“”\"‘「『【《(]{{0,3}}"
    rf"(?!{_CALLED_FOR})({SOME_NAME}|{GENERIC})"
    rf"|(?:{ASKED})(?:是|为|叫)?({TIBETAN_ZH})"
    rf"|(?:姓名|联系人)(?:是|为|叫)?((?![{_STOP}]){CHINESE})(?=[\s,，。；;、:(（\d]|电话|手机|$)"
    rf"|(?:投诉人|诉求人|来电人|反映人|举报人)(?:是|为|叫)?([{_COMMON}][{HAN}]{{1,2}})(?=[\s,，。；;、:(（\d]|电话|手机|$)"
    rf"|敬礼[!！。\s]{{0,4}}(?!谢谢|敬)({SOME_NAME})(?=[\s\d]|$)"
    rf"|(?:{KNOWN})(?:名?叫)?({TIBETAN_ZH})(?![{PLACED}])|(?:{KNOWN})(?:名?叫)?([{_COMMON}][{HAN}]{{1,2}})(?=[\s,，。；;、:(（\d]|$)"
    rf"|(?:我是|本人(?!是)|这里是)[\s:]?({DOTTED}|{TIBETAN_ZH}|{CHINESE}(?=[\s,，。；;、(]|$)|{LIKELY}(?={_SAYS}|我|家住|现住|住在))"
    rf"|(?:我是|免贵姓|我?姓)\s?((?:{COMPOUND}|[{SURNAMES}])(?:[{HAN}]{{0,2}}?(?={TITLE})|(?=[\s,，。；;、]|$)))"
    rf"|(?={_PAIR})((?:{PARTS}){{2,3}}))"
)
_LED = f"{ASKED}|{PARTIES}|{KNOWN}|名叫|名字|隔壁|我叫|我是".split("|")
_LEADS = "".join(f"[{''.join(sorted({w[n] for w in _LED}))}-]" for n in (0, 1))
NAME_OF = re.compile(
    rf"(?={_LEADS}|(?<![{HAN}])叫)(?:"
    rf"(?:{ASKED}|{PARTIES}|{KNOWN})(?:名?叫|是|为)?[\s:(/-]{{0,2}}({LIKELY}){_ENDS}|(?:{PARTIES})(?:名?叫|:\s?)?({TIBETAN_ZH})(?![{PLACED}]|德勒)"
    rf"|(?:户主|{PARTIES}):\s?((?:(?![{_STOP}])[{SURNAMES}])(?:(?![{_STOP}])[{HAN}]){{2}})(?=[\s,，。；;、(\d]|电话|手机|$)"
    rf"|(?:名叫|名字[叫是]|(?<![{HAN}])叫)({LIKELY}|{TIBETAN_ZH}){_ENDS}|我是[^\s,，。；;:!?我]{{1,8}}的({LIKELY}|{TIBETAN_ZH}){_ENDS}"
    rf"|-{{2,4}}\s?({LIKELY})\s{{0,2}}$|(?:{KNOWN}|隔壁|我叫|我是)({_OLD})(?=家|[\s,，。；;、:(\d]|$))"
)
# Behind its number, which is covered by then: 13800138000 王建国, 13800138000（王建国）.
NAME_BEHIND = re.compile(rf"电话已遮盖\][\s,，:(/-]{{0,2}}({LIKELY}|{TIBETAN_ZH}(?![{PLACED}]))(?=[\s,，。；;、)/]|$)")
# Beside its heading in a table, a form or a program's answer: |姓名|王建国|, "联系人": "方永平", 姓名（必填）：方永平.
_HEADS = f"姓 名|{ASKED}|{PARTIES}|甲方|乙方|收款人|付款人|开户人|户名"
_HEADED = _HEADS.replace("姓 名", r"姓\s{1,2}名")
_NO_CELL = (r"单[位号价据]|方[式案向]|年[龄月度]|时[间段限]|车[牌位型辆号次]|房[号屋间产型]|水[费表电价]|电|住|性|经|费|金额|项目|明细|路[段名]|部门|应|计|安|高|都|相|"
            r"管[理辖]|常住|居[住民]|商[户品铺]|解|诉|门牌|来|满|白族|汉|和|万元|所|成[交本员]|双方|全|宗|边|农[民户]|何时|家|无|未|有|空|不|阳性|阴性|古|后|那|东|从|连|荣誉|党|文|武|通|程|温|能|景|柴|井|利|班[级主]"
            r"|..?(?:[市县区局院校厂站科处队镇乡村组部厅省]长|书记|同学|经理|主任|老师|总)")
_CELL = rf"(?:{TIBETAN_ZH}|{DOTTED}|(?!{_NO_CELL})(?:{LIKELY}|(?!{_NO_NAME}|[{_STOP}])(?:{COMPOUND}|[{SURNAMES}])(?:(?![{_STOP}号费率额价址员])[{HAN}]){{1,2}}))"
_FIRST, _SECOND = ("".join(sorted({w[n] for w in _HEADS.split("|")})) for n in (0, 1))
NAME_IN_CELL = re.compile(
    rf"(?=[{_FIRST}][{_SECOND}])(?:{_HEADED})(?:\d{{1,2}}|[一二三四五])?(?:[及和/]?(?:姓名|联系|联系方式|电话|手机)号?码?){{0,2}}(?:\([^()\n]{{1,8}}\))?"
    rf"[\"'”]?\s?[:|=\",，;；>→\[【「\t\n][\s:|\"'“\[【「]{{0,4}}({_CELL})(?=[\s,，。；;、:()\[\]|\"'}}】」/\d]|[男女]|电话|手机|$)")
# Before what one is: 王建国，男，45岁.
SEXED = re.compile(r"[\s,，、|(/][\s,，、|(/]?[男女](?=性|[\s,，。、|;)/]|$)")
NAME_BY_SEX = re.compile(rf"(?<![{HAN}])({_CELL})(?={SEXED.pattern})")
_SOME = "某某|某"  # 王某某: no name, but the family of who is spoken of
NAME_PARTLY = re.compile(rf"(?:{ASKED}|{PARTIES})(?:名?叫|是|为)?[\s:]{{0,2}}((?:{COMPOUND}|[{SURNAMES}])(?:{_SOME})(?![{PLACED}]))")
# A name with its number: 王建国（139…）, 联系小李 139…
_NUMBER = rf"(?:1[3-9]\d(?:{S}\d){{4}}|\[电话)"
NUMBERED = re.compile(_NUMBER)
NAME_BY_NUMBER = re.compile(rf"(?:(?<![{HAN}])|(?<=联系)|(?<=联系我)|(?<=找))"
                            rf"({TIBETAN_ZH}|[{HAN}]{{2,6}}(?:·[{HAN}]{{2,6}}){{1,2}}(?<![苑城府园区院庭湾郡里座期店路])|(?!{_NO_NAME}){_OLD}|{LIKELY})"
                            rf"(?=[\s,，:()\[\]【】]{{0,2}}(?:的?(?:联系)?(?:电话|手机|号码|方式)号?码?[\s是为:]{{0,3}})?{_NUMBER})")
# Before a title. A word may stand before 先生, 女士, 小姐; the others follow ordinary words too (广场舞大妈), so there a name has to begin.
TRADES = "奶奶|爷爷|婆婆|医生|大夫|护士|律师|老板"
_TITLES = f"{TITLE[3:-1]}|{TRADES}"
TITLED = re.compile(f"(?=[{''.join(sorted({w[0] for w in _TITLES.split('|')}))}])(?:{_TITLES})")
NAME_TITLED = re.compile(
    rf"({TIBETAN_ZH})(?={TITLE}|{TRADES})"
    rf"|(?<![\u4e00-\u9fff])(?!高中|广场|司机)((?:{COMPOUND}|[{SURNAMES}])[{HAN}]{{0,2}}?(?={TITLE}))"
    rf"|(?!关于|由于|对于|属于)((?:(?:{COMPOUND})|(?<![由关对属处位在鉴至终等便出基])于|(?![{_STOP}])[{SURNAMES}])[{HAN}]{{0,2}}?)(?=先生|女士|小姐)"
    rf"|(?<![二行感多致答])([{_COMMON}])(?=阿姨|大爷|大妈|大叔|大姐|大哥|老师|师傅|同志|{TRADES})"
)
# A shop that is called after its keeper (高先生餐厅), where the family alone is told.
_NO_SHOP = "在说反映家的开被向到去投诉来和与找对从将把给于是称住要又也都等因为想今昨前后有没不让叫请问用买及跟同之曾已说"
SHOP = re.compile(rf"{TITLE}(?:(?![{_NO_SHOP}])[{HAN}]){{0,4}}?(?:餐[厅馆饮]|[饭酒面粉花药茶烤]店|[饭酒面茶咖啡拉棋照相]馆|烧烤|火锅|超市|商[店行]|便利店|小吃|"
                  "水果店|诊所|美[发容]|理发|奶茶|咖啡|烤[肉鱼鸭]|[早快]餐|批发|专卖|[内服童]衣店|服装|女装|汽修|修理[店部铺]|补习|辅导班|工作室|旅馆|客栈|民宿|网吧|食品|熟食|卤[味菜肉]|蛋糕|凉茶|串串|麻辣烫|米线|牛肉|炸鸡|汉堡|馒头|包子|饺子|豆腐|家政)")
# A name set with a blank after each character, as forms and fields have them: 张 三 丰.
BLANKED = re.compile(rf"(?<=[{HAN}])[ \t]{{1,2}}(?=[{HAN}](?![{HAN}]))"
                     rf"|(?<=[{SURNAMES}])[ \t]{{1,2}}(?=[{HAN}]{{2}}(?![{HAN}]))(?!电话|手机|号码|联系|反映|来电|致电|投诉|举报|先生|女士|小姐|同志|已|男|女)"
                     rf"|(?:(?<=^[{SURNAMES}])|(?<=[^{HAN}][{SURNAMES}]))[ \t]{{1,2}}(?={TITLE})")
# Tibetan script: "my name is X", "name: X"; a name is one to six syllables.
_SYLLABLE = r"[\u0f40-\u0fbc]{1,12}"
NAME_BO = re.compile(rf"(?:མིང་(?:ལ་|ནི་)?|མིང་།|ཞུ་མཁན[:།\s])[:།\s་]{{0,3}}((?!(?:ལ|ནི)་)(?:(?!ཟེར|ཡིན){_SYLLABLE}་?){{1,6}})"
                     rf"|(?<![\u0f40-\u0fbc])ང་ལ་((?:(?!ཟེར){_SYLLABLE}་){{1,6}})(?=ཟེར)|(?:我叫|我是|本人|姓名|联系人)[:\s]{{0,2}}({_SYLLABLE}(?:་{_SYLLABLE}){{1,5}})")
# The parts of Tibetan names in their own script: two and three in a row are one, a single one where it is said to be.
_PART_BO = ("བཀྲ་ཤིས|ཚེ་རིང|སྒྲོལ་མ|སྒྲོལ་དཀར|ལྷ་མོ|དབྱངས་ཅན|བདེ་སྐྱིད|པདྨ|པད་མ|སྤེན་པ|པ་སངས|ཟླ་བ|ཉི་མ|མིག་དམར|ལྷག་པ|ཕུར་བུ|ཕུན་ཚོགས|ནོར་བུ|བློ་བཟང|བསྟན་འཛིན|བསྟན་པ|སྐལ་བཟང|ཀརྨ|བྱམས་པ|འཇིགས་མེད|བསོད་ནམས|རྡོ་རྗེ|"
            "དོན་གྲུབ|མགོན་པོ|རིག་འཛིན|རིན་ཆེན|དབང་འདུས|དབང་མོ|ཆོས་སྒྲོན|ཆོས་འཕེལ|ངག་དབང|འཆི་མེད|རྒྱ་མཚོ|འཇམ་དཔལ|རྒྱལ་མཚན|ཡོན་ཏན|ཡེ་ཤེས|ལྷུན་གྲུབ|རྣམ་རྒྱལ|འཕྲིན་ལས|ཚེ་དབང|ཚེ་བརྟན|མཚོ་མོ|ཀུན་དགའ|ཆོས་སྐྱིད|སྐྱིད་སྒྲོན|སྟོབས་རྒྱལ")
PERSON_BO = re.compile(rf"(?<![\u0f40-\u0fbc])(?:(?!རིན་ཆེན་ནོར་བུ)((?:{_PART_BO})(?:་(?:{_PART_BO})){{1,2}}(?![\u0f71-\u0fbc]))"
                       rf"|(?:ང་(?:ནི་|རང་)?|འབྲེལ་གཏུག་(?:བྱེད་མཁན|མི་སྣ)[་།:\s]{{1,4}})((?:{_PART_BO})(?=་?[།\s]|་(?:ཡིན|ཟེར)|$)))")
_ENGLISH = r"[A-Z][a-zA-Z\u00c0-\u024f'-]{0,40}(?:\s{1,2}[A-Z][a-zA-Z\u00c0-\u024f'-]{1,40}){0,3}"
NAME_EN = re.compile(rf"(?i:my name(?: is|['’]s)|i am called|name\s{{0,2}}:)\s{{1,2}}((?i:{_ENGLISH}))|(?i:name)\s{{0,2}}:\s{{0,2}}({TIBETAN_ZH}|{CHINESE})"
                     rf"|(?<![A-Za-z])(?i:mr|mrs|ms|miss|dr)(?:\.\s{{0,2}}|\s{{1,2}})({_ENGLISH})")
_LATIN = r"[A-Z][a-z'’-]{1,40}(?:\s{1,2}[A-Z][a-z'’-]{1,40})"  # a single word with a capital may be anything
NAME_LATIN = re.compile(
    rf"(?:我叫|名叫|名字[叫是]|(?:{ASKED})(?:是|为|叫)?[\s:]{{0,2}})\s?({_LATIN}{{0,3}})(?![A-Za-z])"
    rf"|(?:我是|本人|\b(?i:i am|i['’]m))\s{{0,2}}(?!(?:Very|So|Really|Not|Too|Still|Also|Now|Chinese|Tibetan)\b)({_LATIN}{{1,3}})(?=[\s,，.。;；!！]|$)"
    rf"|\b(?i:this is)\s{{1,2}}({_LATIN}{{1,3}})(?=\s{{1,2}}(?i:speaking|here|calling))"
    rf"|\b(?i:yours|thanks|thank you|faithfully|truly)[!.]?[,\n]\s{{0,2}}({_LATIN}{{1,3}})(?=[\s.]{{0,2}}$|[.\n])"
    rf"|\b(?i:contact(?: person)?|regards|sincerely|signed)[\s,:]{{1,4}}({_LATIN}{{1,3}})(?![A-Za-z])")
