/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as JSON, an object a line, made of the fields of a format (-j). The text is written where the line goes, without a
 * tree in between; it always is valid JSON, whatever bytes the event has and however long they are.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "collector/output/internal.h"

#define SHORT_VALUE 64 /* bytes that any value takes at least room for: numbers, addresses, quotes */
#define REPLACEMENT 0xfffdu

/* --- strings ---------------------------------------------------------------------------------------------------------- */

static const char *short_escape(uint32_t ch)
{
	switch (ch) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\t':
		return "\\t";
	case '\r':
		return "\\r";
	case '\b':
		return "\\b";
	case '\f':
		return "\\f";
	default:
		return NULL;
	}
}

static void put_unit(struct ph_text *t, uint32_t unit)
{
	static const char hex[] = "0123456789abcdef";
	const char text[] = {
		'\\', 'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15], hex[unit >> 4 & 15], hex[unit & 15]
	};

	ph_text_put(t, text, sizeof text);
}

static void put_escaped(struct ph_text *t, uint32_t ch)
{
	const char *text = short_escape(ch);

	if (text) {
		ph_text_str(t, text);
	} else if (ch < 0x10000) {
		put_unit(t, ch);
	} else {
		put_unit(t, 0xd800 + ((ch - 0x10000) >> 10));
		put_unit(t, 0xdc00 + ((ch - 0x10000) & 0x3ff));
	}
}

static bool plain(unsigned char ch)
{
	return ch >= 0x20 && ch < 0x7f && ch != '"' && ch != '\\';
}

/* What does not fit in front of `limit` is cut at a character. */
static void put_string(struct ph_text *t, const char *s, size_t n, size_t limit)
{
	static const size_t longest = 12; /* two units */
	const uint8_t *b = (const uint8_t *)s;
	size_t i = 0;

	ph_text_char(t, '"');
	while (i < n) {
		size_t run = i, len;
		uint32_t ch;

		while (run < n && plain(b[run]))
			run++;
		if (run > i) {
			size_t room = limit > t->len ? limit - t->len : 0;

			ph_text_put(t, s + i, run - i < room ? run - i : room);
			i = run;
			continue;
		}
		if (t->len + longest > limit)
			break;
		len = ph_utf8_char(b + i, n - i, &ch);
		if (ch == PH_UTF8_INVALID)
			ch = REPLACEMENT;
		if (ch >= 0x80 && t->utf8 && ph_utf8_printable(ch) && ch != REPLACEMENT)
			ph_text_put(t, s + i, len);
		else
			put_escaped(t, ch);
		i += len;
	}
	ph_text_char(t, '"');
}

/* --- values ----------------------------------------------------------------------------------------------------------- */

/* JSON has no word for what is no number. */
static void put_double(struct ph_text *t, double d)
{
	char buf[SHORT_VALUE];
	int n = isfinite(d) ? snprintf(buf, sizeof buf, "%.1f", d) : -1;

	if (n > 0 && (size_t)n < sizeof buf)
		ph_text_put(t, buf, (size_t)n);
	else
		ph_text_str(t, "null");
}

static void put_list(struct ph_text *t, struct ph_field_ctx *c, const struct ph_value *v, unsigned fmt, size_t limit);

static void put_value(struct ph_text *t, struct ph_field_ctx *c, const struct ph_value *v, unsigned fmt, size_t limit)
{
	struct ph_text text;

	switch (v->kind) {
	case PH_V_INT:
	case PH_V_UINT:
		if (fmt == PH_PF_HEX || fmt == PH_PF_OCT) {
			ph_text_char(t, '"');
			ph_value_text(t, v, fmt);
			ph_text_char(t, '"');
		} else {
			ph_value_text(t, v, PH_PF_DEC);
		}
		break;
	case PH_V_DOUBLE:
		put_double(t, v->d);
		break;
	case PH_V_BOOL:
		ph_text_str(t, v->b ? "true" : "false");
		break;
	case PH_V_IP:
		ph_text_char(t, '"');
		ph_value_text(t, v, fmt);
		ph_text_char(t, '"');
		break;
	case PH_V_BYTES:
		text = ph_scratch_open(c);
		ph_bytes_text(&text, (const uint8_t *)v->s, v->len, c->opts.buffers);
		put_string(t, text.buf, text.len, limit);
		break;
	case PH_V_LIST:
		put_list(t, c, v, fmt, limit);
		break;
	default:
		put_string(t, v->s, v->len, limit);
	}
}

static void put_list(struct ph_text *t, struct ph_field_ctx *c, const struct ph_value *v, unsigned fmt, size_t limit)
{
	ph_text_char(t, '[');
	for (uint32_t i = 0; i < v->len && t->len + SHORT_VALUE < limit; i++) {
		if (i)
			ph_text_char(t, ',');
		put_value(t, c, &v->list[i], fmt, limit - 2);
	}
	ph_text_char(t, ']');
}

/* --- lines ------------------------------------------------------------------------------------------------------------ */

bool ph_format_json_line(struct ph_format *f, struct ph_field_ctx *c, struct ph_text *t)
{
	size_t start = t->len;

	t->utf8 = c->opts.utf8;
	if (f->nmembers && f->members[0].rest + f->members[0].key_len + SHORT_VALUE + 1 > t->cap - t->len)
		return false;
	ph_text_char(t, '{');
	for (size_t i = 0; i < f->nmembers; i++) {
		const struct member *m = &f->members[i];
		struct ph_value v;

		if (i)
			ph_text_char(t, ',');
		ph_text_put(t, m->key, m->key_len);
		if (m->time) {
			ph_text_uint(t, c->ev->ts);
		} else if (ph_expr_get(c, m->token->expr, &v)) {
			put_value(t, c, &v, m->token->fmt, t->cap - m->rest);
		} else if (f->keep) {
			ph_text_str(t, "null");
		} else {
			t->len = start;
			return false;
		}
	}
	ph_text_char(t, '}');
	return true;
}

/* --- compiling -------------------------------------------------------------------------------------------------------- */

static bool is_time(const struct token *token)
{
	static const char *const names[] = { "evt.outputtime",	 "evt.time",	 "evt.time.s",
					     "evt.time.iso8601", "evt.datetime", "evt.datetime.s" };

	for (size_t i = 0; token->expr->slot && i < sizeof names / sizeof names[0]; i++)
		if (strcmp(token->expr->slot->ref.field->name, names[i]) == 0)
			return true;
	return false;
}

static int add_member(struct ph_format *f, const struct token *token)
{
	struct member *m = &f->members[f->nmembers];
	struct ph_text t = { .cap = 12 * token->len + 4 };

	t.buf = malloc(t.cap);
	if (!t.buf)
		return -ENOMEM;
	put_string(&t, f->text + token->at, token->len, t.cap - 2);
	ph_text_char(&t, ':');
	*m = (struct member){ .token = token, .key = t.buf, .key_len = t.len, .time = is_time(token) };
	f->nmembers++;
	return 0;
}

static int by_name(const struct ph_format *f, const struct token *a, const struct token *b)
{
	int diff = memcmp(f->text + a->at, f->text + b->at, a->len < b->len ? a->len : b->len);

	return diff ? diff : (a->len > b->len) - (a->len < b->len);
}

static int compare(const void *a, const void *b, void *f)
{
	return by_name(f, ((const struct member *)a)->token, ((const struct member *)b)->token);
}

int format_json_prepare(struct ph_format *f)
{
	size_t kept = 0, rest = 1 + 2; /* the brace, and the end of a string */

	f->members = calloc(f->count + 1, sizeof *f->members);
	if (!f->members)
		return -ENOMEM;
	for (size_t i = 0; i < f->count; i++)
		if (f->tokens[i].expr && add_member(f, &f->tokens[i]) != 0)
			return -ENOMEM;
	qsort_r(f->members, f->nmembers, sizeof *f->members, compare, f);
	for (size_t i = 0; i < f->nmembers; i++) {
		if (kept > 0 && by_name(f, f->members[kept - 1].token, f->members[i].token) == 0)
			free(f->members[i].key);
		else
			f->members[kept++] = f->members[i];
	}
	f->nmembers = kept;
	for (size_t i = kept; i-- > 0;) {
		f->members[i].rest = rest;
		rest += f->members[i].key_len + SHORT_VALUE + 1;
	}
	return 0;
}

void format_json_free(struct ph_format *f)
{
	for (size_t i = 0; i < f->nmembers; i++)
		free(f->members[i].key);
	free(f->members);
}
