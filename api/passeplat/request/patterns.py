"""How the words of the query string look, as regular expressions to be built into larger ones.

Every repetition is possessive (`++`, `*+`): none of them ever backtracks, so matching takes time in
proportion to the text, whatever the text.
"""

WORD = r"[^\W\d]\w*+"  # what most names are; compiled with re.ASCII
IDENTIFIER = r" *+[\w$][\w $]*+"  # at least one character that is not a space
AFTER_DASH = r"[\w $]++"
NAME = rf"{IDENTIFIER}(?:-(?!>){AFTER_DASH})*+"
QUOTED_NAME = r'"(?:[^"\\]++|\\.)++"'
ANY_NAME = rf"(?:{NAME}|{QUOTED_NAME})"

QUOTED = r'"(?:[^"\\]++|\\.)*+"'
INDEX_DIGITS = r"[0-9]{1,9}"  # PostgreSQL takes an integer of four bytes
INDEX = rf"-?{INDEX_DIGITS}(?=->|[ \t]*+(?:::|[.,)]|\Z))"
KEY = r'(?!")[^(\-:.,>)]++(?:-(?!>)[^(\-:.,>)]++)*+'
PATH = rf"(?:->>?+(?:{QUOTED}|{INDEX}|{KEY}))*+"
