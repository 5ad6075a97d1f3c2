/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 in text of processes: what is valid and may go to a terminal. Called by ph_text_clean() and the maker of JSON. */
#include "collector/field/text.h"

static bool follows(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

size_t ph_utf8_char(const uint8_t *s, size_t n, uint32_t *ch)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 }; /* shorter forms of a character are invalid */
	uint8_t first = s[0];
	size_t len = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
	uint32_t v = len == 1 ? first : first & (0x7fu >> len);

	*ch = PH_UTF8_INVALID;
	if (len == 0 || len > n)
		return 1;
	for (size_t i = 1; i < len; i++) {
		if (!follows(s[i]))
			return 1;
		v = v << 6 | (s[i] & 0x3fu);
	}
	if (v < least[len] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return 1;
	*ch = v;
	return len;
}

/* Control characters, and what changes the order of text or ends a line: they make a line look like another one. */
bool ph_utf8_printable(uint32_t ch)
{
	return ch >= 0x20 && !(ch >= 0x7f && ch < 0xa0) && !(ch >= 0x200e && ch <= 0x200f) && ch != 0x061c &&
	       !(ch >= 0x2028 && ch <= 0x202e) && !(ch >= 0x2066 && ch <= 0x2069) && ch <= 0x10ffff;
}

void ph_text_clean_utf8(struct ph_text *t, const char *s, size_t n)
{
	const uint8_t *b = (const uint8_t *)s;

	for (size_t i = 0; i < n && t->len < t->cap;) {
		uint32_t ch;
		size_t len = ph_utf8_char(b + i, n - i, &ch);

		if (len > t->cap - t->len)
			return;
		if (ph_utf8_printable(ch))
			ph_text_put(t, s + i, len);
		else
			ph_text_char(t, '.');
		i += len;
	}
}
