/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Masks secrets in running text and in data, in one pass without going back: every byte is looked at a few times at most, whatever
 * the input. Called by redact.c.
 */
#include <string.h>
#include "collector/redact/internal.h"

#define PEM_LABEL_MAX 64 /* between "-----BEGIN " and the dashes behind */
#define CUT_MIN 4 /* so much of a token at the end of cut data is taken for one */
#define JWT_CUT_MIN 12

/* Tokens that are known by how they begin. What stands in front stays, so that one sees what it was. */
static const struct token {
	const char *prefix;
	uint8_t min; /* bytes behind the prefix */
	bool upper; /* of them: capitals and digits alone; otherwise whatever a name can hold */
} tokens[] = {
	{ "AKIA", 16, true },	      { "ASIA", 16, true },	 { "AIza", 30, false }, { "ghp_", 16, false },
	{ "gho_", 16, false },	      { "ghu_", 16, false },	 { "ghs_", 16, false }, { "ghr_", 16, false },
	{ "github_pat_", 16, false }, { "glpat-", 16, false },	 { "npm_", 30, false }, { "hvs.", 20, false },
	{ "sk_live_", 16, false },    { "rk_live_", 16, false }, { "xoxa-", 8, false }, { "xoxb-", 8, false },
	{ "xoxe-", 8, false },	      { "xoxo-", 8, false },	 { "xoxp-", 8, false }, { "xoxr-", 8, false },
	{ "xoxs-", 8, false },
};

static bool quote(uint8_t c)
{
	return c == '"' || c == '\'';
}

static bool eol(uint8_t c)
{
	return c == '\n' || c == '\r' || c == '\0';
}

void rd_mask(struct rd_text *t, size_t from, size_t to)
{
	bool changed = false;
	size_t slashes = 0;

	while (to - slashes > from && t->d[to - slashes - 1] == '\\')
		slashes++;
	if (slashes % 2 && to < t->n)
		to++;
	for (size_t i = from; i < to; i++) {
		if (eol(t->d[i]) || t->d[i] == '*')
			continue;
		t->d[i] = '*';
		changed = true;
	}
	t->places += changed;
}

static bool starts(const struct rd_text *t, size_t at, const char *s)
{
	size_t len = strlen(s);

	return t->n - at >= len && memcmp(t->d + at, s, len) == 0;
}

static size_t skip_blanks(const struct rd_text *t, size_t at)
{
	while (at < t->n && rd_blank(t->d[at]))
		at++;
	return at;
}

static size_t skip_slashes(const struct rd_text *t, size_t at)
{
	while (at < t->n && t->d[at] == '\\')
		at++;
	return at;
}

/* --- quotes */

/* An opening quote: the character and the backslashes in front of it. A string within a JSON string has one, one level deeper three. */
struct quotes {
	uint8_t c; /* 0: none */
	size_t slashes;
};

/* Whether a quote stands at *at, which is then behind it. */
static struct quotes open_quote(const struct rd_text *t, size_t *at)
{
	size_t q = skip_slashes(t, *at);
	struct quotes o = { .c = 0 };

	if (q == t->n || !quote(t->d[q]))
		return o;
	o = (struct quotes){ t->d[q], q - *at };
	*at = q + 1;
	return o;
}

/* Whether a quote with so many backslashes in front closes what o opened, or something around it. */
static bool closes(const struct quotes *o, size_t slashes)
{
	return slashes < o->slashes || slashes % (2 * (o->slashes + 1)) == o->slashes;
}

/*
 * Where the string ends that has been opened: at the backslashes of the closing quote that belong to it. line: the end of
 * the line ends it too. t->n: it goes on to the end.
 */
static size_t string_end(const struct rd_text *t, size_t at, const struct quotes *o, bool line)
{
	size_t slashes = 0;

	for (; at < t->n; at++) {
		if (t->d[at] == '\\') {
			slashes++;
			continue;
		}
		if (o->c && t->d[at] == o->c && closes(o, slashes))
			return at - (slashes < o->slashes ? slashes : o->slashes);
		if (line && eol(t->d[at]))
			return at;
		slashes = 0;
	}
	return at;
}

/* --- name and value */

/* Where the value of name=value ends that has no quotes. json: among commas and brackets. */
static size_t value_end(const struct rd_text *t, size_t at, bool json)
{
	while (at < t->n) {
		uint8_t c = t->d[at];

		if (c <= ' ' || quote(c) || strchr(json ? "&;<`,}]" : "&;<`", c))
			return at;
		if (c == '\\') {
			size_t end = skip_slashes(t, at);

			if (end < t->n && quote(t->d[end]))
				return at;
			at = (end - at) % 2 && end < t->n ? end + 1 : end;
			continue;
		}
		at++;
	}
	return at;
}

/* What stands between a name and its value. */
enum sep { NO_SEP, EQUALS, COLON };

static enum sep separator(const struct rd_text *t, size_t *at)
{
	size_t p = *at;
	uint8_t c = p < t->n ? t->d[p] : 0, next = p + 1 < t->n ? t->d[p + 1] : 0;

	if ((c == '=' && next == '=') || (c == ':' && next == ':') || (c != '=' && c != ':'))
		return NO_SEP;
	if ((c == '=' && next == '>') || (c == ':' && next == '=')) {
		*at = p + 2;
		return EQUALS;
	}
	*at = p + 1;
	return c == '=' ? EQUALS : COLON;
}

/* A header or a line of YAML: blanks follow the colon, or the name begins the line. A path's colon ("/run/token:ro") is none. */
static bool heads_line(const struct rd_text *t, size_t name, size_t colon)
{
	if (name > 0 && t->d[name - 1] == '/')
		return false;
	return name == 0 || eol(t->d[name - 1]) || (colon + 1 < t->n && rd_blank(t->d[colon + 1]));
}

/* The quote that stands right in front of the name. */
static struct quotes quote_before(const struct rd_text *t, size_t name)
{
	struct quotes o = { .c = 0 };

	if (name == 0 || !quote(t->d[name - 1]))
		return o;
	o.c = t->d[name - 1];
	/* A few are enough: each is a level of strings in strings. */
	while (o.slashes < 15 && o.slashes + 1 < name && t->d[name - 2 - o.slashes] == '\\')
		o.slashes++;
	return o;
}

/* The value of a secret name, [name, end), when a value follows. Returns where to go on. */
static size_t named_value(struct rd_text *t, size_t name, size_t end)
{
	struct quotes around, open, after;
	size_t at = end, sep_at, value;
	enum sep sep;

	after = open_quote(t, &at);
	at = sep_at = skip_blanks(t, at);
	sep = separator(t, &at);
	if (sep == NO_SEP || !rd_secret(t->d + name, end - name, after.c ? RD_QUOTED : RD_BARE))
		return end;
	at = value = skip_blanks(t, at);
	open = open_quote(t, &value);
	if (open.c) {
		at = string_end(t, value, &open, false);
	} else if (sep == EQUALS || after.c) {
		value = at;
		at = value_end(t, value, after.c != 0);
	} else if (heads_line(t, name, sep_at)) {
		value = at;
		around = quote_before(t, name);
		at = string_end(t, value, &around, true);
	} else {
		return end;
	}
	rd_mask(t, value, at);
	return at;
}

/* <password>x</password> */
static size_t element(struct rd_text *t, size_t name, size_t end)
{
	const uint8_t *to;
	size_t stop;

	if (!rd_secret(t->d + name, end - name, RD_BARE))
		return end;
	to = memchr(t->d + end + 1, '<', t->n - end - 1);
	stop = to ? (size_t)(to - t->d) : t->n;
	rd_mask(t, end + 1, stop);
	return stop;
}

/* --- things that are known by how they look */

static bool token_char(const struct token *k, uint8_t c)
{
	return k->upper ? (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') : rd_name_char(c);
}

static bool mask_token(struct rd_text *t, size_t from, size_t end)
{
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		const struct token *k = &tokens[i];
		size_t p = from + strlen(k->prefix), q = p;

		if (!starts(t, from, k->prefix))
			continue;
		while (q < end && token_char(k, t->d[q]))
			q++;
		if (q - p < k->min && !(t->cut && q == t->n && q - p >= CUT_MIN))
			return false;
		rd_mask(t, p, q);
		return true;
	}
	return false;
}

/* Three parts in base64, of which the first is a JSON object: {" begins with eyJ. */
static bool mask_jwt(struct rd_text *t, size_t from, size_t end)
{
	unsigned dots = 0;

	if (!starts(t, from, "eyJ"))
		return false;
	for (size_t i = from; i < end; i++)
		dots += t->d[i] == '.';
	if (dots < 2 && !(t->cut && end == t->n && end - from >= JWT_CUT_MIN))
		return false;
	rd_mask(t, from + 3, end);
	return true;
}

/* The words of a PEM line from at to the dashes behind them; true: they are those of a private key, and *end is behind the dashes. */
static bool private_label(const struct rd_text *t, size_t at, size_t *end)
{
	size_t max = t->n - at < PEM_LABEL_MAX ? t->n - at : PEM_LABEL_MAX;
	const uint8_t *dashes = memmem(t->d + at, max, "-----", 5);

	if (!dashes || !memmem(t->d + at, (size_t)(dashes - (t->d + at)), "PRIVATE KEY", 11))
		return false;
	*end = (size_t)(dashes - t->d) + 5;
	return true;
}

/* A key that begins: label stands behind "-----BEGIN ". Returns where to go on. */
static size_t mask_pem(struct rd_text *t, size_t label)
{
	const uint8_t *to;
	size_t body, stop;

	if (!private_label(t, label, &body))
		return label;
	to = memmem(t->d + body, t->n - body, "-----END ", 9);
	stop = to ? (size_t)(to - t->d) : t->n;
	rd_mask(t, body, stop);
	/* The line of the end is no end without a beginning. */
	return to ? stop + 9 : stop;
}

static bool base64(uint8_t c)
{
	return rd_name_char(c) || c == '+' || c == '/' || c == '=' || c == '\r' || c == '\n';
}

/* \n as it stands in strings. */
static bool escaped_eol(const struct rd_text *t, size_t at)
{
	return t->d[at] == '\\' && at + 1 < t->n && (t->d[at + 1] == 'n' || t->d[at + 1] == 'r');
}

/* The end of a key whose beginning is missing, as in the second of two reads: the base64 in front of it. */
static void mask_pem_tail(struct rd_text *t, size_t dashes)
{
	size_t from = dashes, slashes = 0, end;

	if (!private_label(t, dashes + 9, &end))
		return;
	while (from > 0 && (base64(t->d[from - 1]) || escaped_eol(t, from - 1)) && t->d[from - 1] != '-')
		from--;
	while (from - slashes > 0 && t->d[from - slashes - 1] == '\\')
		slashes++;
	from += slashes % 2; /* the letter of an escape */
	rd_mask(t, from, dashes);
}

static bool url_stop(uint8_t c)
{
	return c <= ' ' || quote(c) || strchr("/<>`", c);
}

/*
 * The password of scheme://user:password@host, at is behind the slashes. ? and # end a host's name, but people write passwords with
 * them: they are part of one unless a port stands in front.
 */
static void mask_url(struct rd_text *t, size_t at)
{
	size_t end = at, colon = 0, host = 0;
	bool port = true; /* digits alone behind the colon */

	for (; end < t->n && !url_stop(t->d[end]); end++) {
		uint8_t c = t->d[end];

		if (c == '\\') {
			size_t behind = skip_slashes(t, end);

			if (behind < t->n && (quote(t->d[behind]) || t->d[behind] == '/'))
				break;
			end = behind - 1;
		}
		if ((c == '?' || c == '#') && !host && port)
			break;
		if (c == '@')
			host = end;
		if (colon)
			port &= c >= '0' && c <= '9';
		else if (c == ':' && t->d[at] != '[')
			colon = end;
	}
	if (colon && host > colon)
		rd_mask(t, colon + 1, host);
	else if (colon && !host && !port && t->cut && end == t->n)
		rd_mask(t, colon + 1, end);
}

/* A run of characters of names. Returns where to go on, behind from. */
static size_t run(struct rd_text *t, size_t from)
{
	size_t end = from;

	while (end < t->n && rd_name_char(t->d[end]))
		end++;
	/* The letter of an escape like \n belongs to what is in front. */
	if (from > 0 && t->d[from - 1] == '\\' && strchr("nrt", t->d[from]) && from + 1 < end)
		from++;
	if (end < t->n && t->d[end] == ' ' && end - from >= 8) {
		if (end - from >= 10 && memcmp(t->d + end - 10, "-----BEGIN", 10) == 0)
			return mask_pem(t, end + 1);
		if (memcmp(t->d + end - 8, "-----END", 8) == 0) {
			mask_pem_tail(t, end - 8);
			return end;
		}
	}
	if (mask_token(t, from, end) || mask_jwt(t, from, end))
		return end;
	if (from > 0 && end < t->n && t->d[from - 1] == '<' && t->d[end] == '>')
		return element(t, from, end);
	return named_value(t, from, end);
}

void rd_text(struct rd_text *t)
{
	for (size_t at = 0; at < t->n;) {
		if (rd_name_char(t->d[at])) {
			at = run(t, at);
		} else if (t->d[at] == ':' && (starts(t, at, "://") || starts(t, at, ":\\/\\/"))) {
			at += t->d[at + 1] == '/' ? 3 : 5;
			mask_url(t, at);
		} else {
			at++;
		}
	}
}

/* --- JSON */

static size_t skip_white(const struct rd_text *t, size_t at)
{
	while (at < t->n && (rd_blank(t->d[at]) || t->d[at] == '\n' || t->d[at] == '\r'))
		at++;
	return at;
}

/* The string value of the key that ended at the quote at, when there is one: [*from, *to). */
static bool json_value(const struct rd_text *t, size_t at, size_t *from, size_t *to)
{
	static const struct quotes plain = { '"', 0 };

	at = skip_white(t, at + 1);
	if (at >= t->n || t->d[at] != ':')
		return false;
	at = skip_white(t, at + 1);
	if (at >= t->n || t->d[at] != '"')
		return false;
	*from = at + 1;
	*to = string_end(t, *from, &plain, false);
	return true;
}

void rd_json(struct rd_text *t)
{
	static const struct quotes plain = { '"', 0 };

	for (size_t at = 0; at < t->n; at++) {
		size_t from = at + 1, to, vfrom, vto;
		struct rd_text part;

		if (t->d[at] != '"')
			continue;
		at = to = string_end(t, from, &plain, false);
		if (to < t->n && json_value(t, to, &vfrom, &vto) && rd_secret(t->d + from, to - from, RD_QUOTED)) {
			rd_mask(t, vfrom, vto);
			at = vto;
			continue;
		}
		part = rd_part(t, from, to);
		rd_text(&part);
		t->places += part.places;
	}
}
