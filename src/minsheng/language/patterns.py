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
IS_SPOKEN = re.compile(rf"[{''.join(map(chr, SPOKEN))}]")
# Circled and bracketed figures count things as often as they write a number; so they are read both ways.
ENUMERATED = re.compile("[²³¹⁰-⁹₀-₉①-⒛⓪-⓿❶-➓㈠-㈩㉈-㉏㉑-㉟㊀-㊉㊱-㊿\U0001f100-\U0001f10c]")
TURNED = re.compile("[\u202d\u202e\u2067]([^\u202c\u2069\n]{1,200})")  # bidi overrides: shown backwards

S = r"[-\s.·_,，、]{0,2}"  # what people write between the digits of a number
# Most texts hold no number of five figures and more, whatever stands between them: one look spares them all patterns of numbers.
FIGURES = re.compile(r"\d(?:[\W_]{0,3}\d){4,5000}")

G = r"[-\s]{0,2}"  # within the first three digits: neither house numbers (1、3、5) nor hours (14.00) are a telephone
_ALONE = r"(?<!\d)(?<!\d\.)"  # not the rest of a longer number, nor of a decimal

MOBILE = re.compile(rf"{_ALONE}(?:(?:\+|00)?86{S}|0{G})?1{G}[3-9]{G}\d{S}(?:\d{S}){{7}}\d(?!\d)")
MOBILES = re.compile(r"(?<!\d)(?:1[3-9]\d{9}){2,500}(?!\d)")  # several in one run
_ANY = r"(?:[^\w；;。]|_){1,3}"
# Torn apart by whatever is no word: each figure alone, or three, four and four.
SCATTERED = re.compile(rf"(?<!\d)(?:1{_ANY}[3-9](?:{_ANY}\d){{9}}|1[3-9]\d{_ANY}\d{{4}}{_ANY}\d{{4}})(?!\d)")
# Eleven places, some of them covered; how many, and where, `masking` looks at.
STAR = "*×xX✕●○■□?"
STARRED = re.compile(rf"(?<![\d{STAR}])1{S}[3-9{STAR}](?:{S}[\d{STAR}]){{9}}(?![\d{STAR}])")
STARRED_ID = re.compile(rf"(?<![\dA-Za-z*])[1-9]\d{{5}}(?:19|20)[\d{STAR}]{{10}}(?![\dA-Za-z*])")
STARRED_LINE = re.compile(rf"(?<!\d)0(?:10|2\d|[3-9]\d\d)[- ]?[2-9]\d{{4,5}}[{STAR}]{{1,2}}(?![\d{STAR}])")
_LIKE = "[0-9OoОоQDlI]"
LETTERED = re.compile(rf"(?<![A-Za-z0-9])(?:[lI|][3-9]|1(?=[3-9]\d{{0,8}}[OoОоQDlI])[3-9]){_LIKE}{{9}}(?![A-Za-z0-9])")  # O and l for 0 and 1
_EN_FIGURE = ("zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple"
              "|ling|dong|yao|yi|er|liang|san|si|wu|liu|qi|guai|ba|jiu|gou")  # and as they are said, in Latin letters
_BO_FIGURE = "ཀླད་ཀོར|གཅིག|གཉིས|གསུམ|བཞི|ལྔ|དྲུག|བདུན|བརྒྱད|དགུ"
SPELLED = re.compile(rf"(?<![a-z])(?:(?:{_EN_FIGURE})[\s,.-]{{1,3}}){{6,20}}(?:{_EN_FIGURE})(?![a-z])", re.IGNORECASE)
SPELLED_BO = re.compile(rf"(?:(?:{_BO_FIGURE})[་\s,]{{1,3}}){{6,20}}(?:{_BO_FIGURE})")
LANDLINE = re.compile(rf"{_ALONE}(?:(?:\+|00)86{S}\(?0?|\(?0)(?:10|2\d|[3-9]\d\d)\)?{S}[2-9]\d{{2,3}}{S}\d{{4}}(?:[-转]\d{{1,6}})?(?!\d)")
_LOCAL = r"(?:[2-8]\d{6,7}|(?!(?:19|20)\d\d)[2-8]\d{2,3}[- ]\d{4})(?!\d)"  # a span of years (2016-2030) is none
_CALLED = "电话|座机|固话|号码|致电|来电|回电|打|拨|联系方式|联系我|手机|ཁ་པར"
_UNITS = "元|块|万|亿|千|百|名|户|件|个|次|年|月|日|吨|度电|米|公|斤|平方|平米|亩|立方|字|页|张|辆|台|套|份|箱|升|%"
# A local number without its area code: after a word that speaks of calling, before one, or standing alone and counting nothing.
LOCAL = re.compile(
    rf"(?:{_CALLED})[^\d\n]{{0,6}}({_LOCAL})(?!{_UNITS})"
    rf"|(?<![\d.A-Za-z-])({_LOCAL})(?=[\s,，]{{0,2}}(?:找我|联系|回电|给我|打给))"
)
STANDING = re.compile(rf"(?:^|(?<=[\s,，。；;、:(/]))({_LOCAL})(?=[\s,，。；;、)/]|$)(?![\s)]{{0,2}}(?:{_UNITS}))")
COUNTED = re.compile(
    r"(?:编号|单号|订单|发票|读数|表号|户号|金额|款|价|费|工资|面积|人口|产值|产量|流水|快递|案号|合同|批号|文号|数|共|计|约|第|了|付|欠|达|为|余|投资)[^\d，。；;]{0,4}$"
)
FOREIGN = re.compile(r"(?<![\d+])\+(?!86)\d{1,3}(?:[-\s.()]{0,2}\d){6,13}(?!\d)")
ID_CARD = re.compile(
    rf"(?<![\dA-Za-z])[1-9]{S}(?:\d{S}){{5}}(?:1{S}[89]|2{S}0){S}(?:\d{S}){{2}}(?:0{S}[1-9]|1{S}[0-2]){S}(?:0{S}[1-9]|[12]{S}\d|3{S}[01]){S}"
    rf"(?:\d{S}){{3}}[\dXxХх](?![\dA-Za-z])"
)
OLD_ID = re.compile(
    r"身份证[^\d\n]{0,8}(\d{15}|\d{17}[\dXx])(?!\d)"
    r"|(?<![\dA-Za-z])(?<!\d\.)((?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])\d{4}\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3})(?![\dA-Za-z])"
)
_PAPERS = "护照|通行证|军官证|士兵证|警官证|证件号|身份证|台胞证|回乡证|社保卡|医保卡|残疾证|驾驶证|住院号|病历号|门诊号|就诊卡|学籍号|准考证"
PASSPORT = re.compile(
    rf"(?:{_PAPERS})[^\dA-Za-z\n]{{0,6}}([A-Za-z]{{0,2}}\s?\d(?:\s?\d){{5,20}}[Xx]?(?:\([\dA]\))?)(?![\dA-Za-z])"
    r"|(?<![\dA-Za-z])([A-Z]{1,2}\d{6}\([\dA]\))"
)
UNION = re.compile(r"(?<![\dA-Za-z])(?<!\d\.)6[-\s]?2(?:[-\s]?\d){14,17}(?![\dA-Za-z])")  # a card, one of its figures mistyped or not
BANK = re.compile(r"(?<![\dA-Za-z])(?<!\d\.)[3-69]\d{3}(?:[-\s]?\d){11,15}(?![\dA-Za-z])")
CARD = re.compile(r"(?:卡号|账号|帐号|账户|帐户|银行卡|储蓄卡|存折)[\s:是为号码(]{0,4}(\d(?:[-\s]?\d){11,22})(?!\d)")
_PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
PLATE = re.compile(
    rf"[{_PROVINCE}使领]\s{{0,2}}[A-HJ-NP-Za-hj-np-z][·•.:\s_-]{{0,2}}(?=[A-Za-z0-9\s-]{{0,6}}\d)"
    r"[A-HJ-NP-Za-hj-np-z0-9](?:[\s-]?[A-HJ-NP-Za-hj-np-z0-9]){3,4}[\s-]?[A-HJ-NP-Za-hj-np-z0-9挂学警港澳](?![A-Za-z0-9])"
    rf"|(?<![A-Za-z])WJ\s?[{_PROVINCE}\d]{{0,2}}[\s·-]?\d{{4}}[A-Z\d](?![A-Za-z0-9])"
)
_L = "A-Za-z0-9\u0370-\u052f"  # Greek and Cyrillic letters look like Latin ones
_HOST = rf"[{_L}\u4e00-\u9fff-]{{1,63}}"
_DOT = r"(?:[.。]|[(\[](?:dot|点)[)\]]|点)"
MAIL = re.compile(rf"[{_L}][{_L}_.+%-]{{0,63}}\s?(?:@|[(\[]at[)\]]|艾特)\s?(?:{_HOST}?{_DOT}[{_L}-]{{1,63}}(?:{_DOT}[{_L}-]{{1,63}}){{0,3}}|{_HOST}\.[\u4e00-\u9fff]{{2,4}})"
                  rf"|(?:邮箱|邮件|(?<![A-Za-z])e-?mail)[\s:：是为]{{0,3}}([{_L}][{_L}_.+%-]{{1,63}}[^\w\s，。]?[{_L}-]{{1,63}}\.(?:com|cn|net|org|me)(?:\.cn)?)(?![A-Za-z])", re.I)
_CHATS = (r"(?:微\s{0,2}信|[薇威维徽]信(?=\s?号|[^\w]{0,3}[a-z])|(?<![a-z])v信|加\s?v(?![a-z])|抖音|快手|小红书|支付宝|钉钉"
          r"|加\s?[薇微]|绿泡泡|电报|\b(?:we\s?chat|weixin|wx|vx|telegram|whatsapp|skype|facebook|instagram|line\s?id|v(?=:))(?![a-z]))\s{0,2}(?:同?号|ID|id)?")
WECHAT = re.compile(rf"{_CHATS}[^\w\n]{{0,3}}(?:[是为加])?[^\w\n]{{0,2}}([A-Za-z0-9][-\w]{{4,29}})", re.A | re.I)
QQ = re.compile(r"(?:(?<![A-Za-z])QQ|(?<![A-Za-z])q(?=号)|扣扣|企鹅)(?:号码?|群)?[^\w\n]{0,3}[是为]?[^\w\n]{0,2}([1-9]\d{4,11})(?!\d)", re.A | re.I)

_N = r"[0-9零〇一二三四五六七八九十两]"
_BLOCK = rf"(?:{_N}{{1,4}}|[A-Za-z]\d{{0,2}})(?:栋|幢|座|号楼|#楼?)"
ROOM = re.compile(
    rf"(?:{_BLOCK}[\s,，-]{{0,2}}(?:{_N}{{1,3}}单元[\s,，-]{{0,2}})?(?:{_N}{{1,3}}(?:层|楼)[\s,，-]{{0,2}})?[A-Za-z]?{_N}{{3,5}}(?![\d年月日元米个户人天次名])(?:室|号房|号|房)?"
    rf"|{_N}{{1,3}}单元[\s,，-]{{0,2}}(?:{_N}{{1,3}}(?:层|楼)[\s,，-]{{0,2}})?{_N}{{2,5}}(?![\d年月日元米个户人天次名])(?:室|号房|号|房)?"
    rf"|(?<![\d-])\d{{1,3}}[-#]\d{{1,2}}[-#](?!19\d\d|20\d\d)\d{{3,4}}(?![\d年月日-])(?:室|号|房)?"
    rf"|(?<!\d)\d{{3,4}}室)"
)

# The number of one's own house; the street number of a matter is its place and stays.
_HOME = "家住|住在|住于|居住|住址|家庭地址|联系地址|通讯地址|我家|家在|现住|租住|租房在"
HOME = re.compile(rf"(?:{_HOME})[^。；;!！?？\n\d]{{0,24}}?({_N}{{1,5}}(?:[-—之附]\d{{1,4}}){{0,2}}号)(?!线|令|文|楼|栋)")

HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003fffd"
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
    "桑旦|桑布|巴珠|尼珍|美朵|梅朵|康珠|森格|森巴|松布|东珠|东知|周毛|措毛|南加|拉毛|华旦|卓尕|才旦|才旺|才珍|益珍|格列|格勒|洛珠|洛追|念扎|年扎|阿珍|珠杰|培杰|金巴|确吉|确旦|次成|次程|楚臣|俊美|旦珍|旦真|丹珍|丹真"
)
TIBETAN_ZH = rf"(?:(?:{PARTS}){{1,3}})"
_STOP = (
    "住在是的家电手今有要想来我你他她说于因为反投咨建求请联已未没从到和与跟去打向对被把将现昨前本此这那上下不就也都还又等在给用以所身号称，。、；："
    "男女岁系籍人民工是"
)
CHINESE = rf"(?:(?:{COMPOUND})|[{SURNAMES}])[{HAN}](?:(?![{_STOP}])[{HAN}])?"
DOTTED = rf"[{HAN}]{{1,8}}(?:·[{HAN}]{{1,8}}){{1,3}}"
GENERIC = rf"(?![了过不没]|人来|救护)(?:(?![{_STOP}])[{HAN}]){{2,6}}(?=[\s,，。；;、:)）]|$)"
SOME_NAME = rf"(?:{DOTTED}|{TIBETAN_ZH}|{CHINESE})(?:\s?[（(][^（）()\n]{{1,12}}[)）])?"
TITLE = r"(?:先生|女士|小姐|同志|老师|师傅|阿姨|大爷|大妈|大叔|大姐|大哥)"
KNOWN = "邻居|房东|老板|业主|租客|朋友|同学|同事|丈夫|妻子|老公|老婆|儿子|女儿|孩子(?=名?叫)|母亲|父亲|妈妈|爸爸|我妈|我爸|哥哥|弟弟|姐姐|妹妹|爷爷|奶奶|民警|医生|护士"
_COMMON = "王李张刘陈杨赵吴徐孙胡朱郭罗宋郑谢韩唐冯邓曹袁彭吕卢蒋蔡贾魏薛潘杜姜姚谭廖邹熊崔邱邵孟尹"  # that begin no ordinary word
PLACED = "路街巷村乡镇县区居小社花商酒宾饭茶藏广大学医寺桥沟山河湖牧"  # what follows when it is the name of a place
ASKED = "姓名|名字|联系人|投诉人|诉求人|申请人|来电人|反映人|举报人|当事人|报案人|署名|落款|受害人|患者|户主|法人"
# Where a name may begin: a look at one character, and at four for the pairs of Tibetan parts, before the long alternatives are tried.
_BEGINS = "".join(sorted({*"我本这免姓敬", *SURNAMES, *(w[0] for words in (ASKED, KNOWN, COMPOUND, PARTS) for w in words.split("|"))}))
_PAIR = "".join(f"[{''.join(sorted({w[n] for w in PARTS.split('|')}))}]" for n in (0, 1, 0, 1))
NAME = re.compile(
    rf"(?=[{_BEGINS}])(?:"
    rf"(?:我(?:的名字)?(?:叫做?|名叫|名字[叫是])|本人(?:姓名|名?叫)|(?:{ASKED})\s{{0,2}}(?:是|为|叫)?\s{{0,2}}[:\s])[:\s]{{0,3}}({SOME_NAME}|{GENERIC})"
    rf"|(?:{ASKED})(?:是|为|叫)?({TIBETAN_ZH})"
    rf"|(?:姓名|联系人)(?:是|为|叫)?((?![{_STOP}]){CHINESE})(?=[\s,，。；;、:(（\d]|电话|手机|$)"
    rf"|(?:投诉人|诉求人|来电人|反映人|举报人)(?:是|为|叫)?([{_COMMON}][{HAN}]{{1,2}})(?=[\s,，。；;、:(（\d]|电话|手机|$)"
    rf"|敬礼[!！。\s]{{0,4}}(?!谢谢|敬)({SOME_NAME})(?=[\s\d]|$)"
    rf"|(?:{KNOWN})(?:名?叫)?({TIBETAN_ZH})(?![{PLACED}])|(?:{KNOWN})(?:名?叫)?([{_COMMON}][{HAN}]{{1,2}})(?=[\s,，。；;、:(（\d]|$)"
    rf"|(?:我是|本人(?!是)|这里是)\s?({DOTTED}|{TIBETAN_ZH}|{CHINESE}(?=[\s,，。；;、(]|$))"
    rf"|(?:我是|免贵姓|我?姓)\s?((?:{COMPOUND}|[{SURNAMES}])(?:[{HAN}]{{0,2}}?(?={TITLE})|(?=[\s,，。；;、]|$)))"
    rf"|(?={_PAIR})((?:{PARTS}){{2,3}}))"
)
# Before a title. A word may stand before 先生, 女士, 小姐; the others follow ordinary words too (广场舞大妈), so there a name has to begin.
TITLED = re.compile(TITLE)
NAME_TITLED = re.compile(
    rf"({TIBETAN_ZH})(?={TITLE})"
    rf"|(?<![\u4e00-\u9fff])(?!高中|广场)((?:{COMPOUND}|[{SURNAMES}])[{HAN}]{{0,2}}?(?={TITLE}))"
    rf"|(?!关于|由于|对于|属于)((?:(?:{COMPOUND})|(?<![由关对属处位在鉴至终等便出基])于|(?![{_STOP}])[{SURNAMES}])[{HAN}]{{0,2}}?)(?=先生|女士|小姐)"
    rf"|([{_COMMON}])(?=阿姨|大爷|大妈|大叔|大姐|大哥)"
)
# Tibetan script: "my name is X", "name: X"; a name is one to six syllables.
_SYLLABLE = r"[\u0f40-\u0fbc]{1,12}"
NAME_BO = re.compile(rf"(?:མིང་(?:ལ་|ནི་)?|མིང་།)[:\s་]{{0,3}}((?!(?:ལ|ནི)་)(?:(?!ཟེར|ཡིན){_SYLLABLE}་?){{1,6}})")
_ENGLISH = r"[A-Z][\w'-]{0,40}(?:\s{1,2}[A-Z][\w'-]{1,40}){0,3}"
NAME_EN = re.compile(rf"(?i:my name(?: is|['’]s)|i am called|name\s{{0,2}}:)\s{{1,2}}((?i:{_ENGLISH}))|(?i:name)\s{{0,2}}:\s{{0,2}}({TIBETAN_ZH}|{CHINESE})"
                     rf"|\b(?i:mr|mrs|ms|miss|dr)(?:\.\s{{0,2}}|\s{{1,2}})({_ENGLISH})")
