/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles -p formats and makes lines of events. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "collector/output/internal.h"

#define MAX_WIDTH 65536u

static __attribute__((format(printf, 3, 4))) int fail(struct ph_parse_error *err, size_t pos, const char *fmt, ...)
{
	va_list ap;

	err->pos = pos;
	va_start(ap, fmt);
	vsnprintf(err->message, sizeof err->message, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static struct token *add_token(struct ph_format *f)
{
	struct token *grown = realloc(f->tokens, (f->count + 1) * sizeof *grown);

	if (!grown)
		return NULL;
	f->tokens = grown;
	grown[f->count] = (struct token){ 0 };
	return &grown[f->count++];
}

static int add_literal(struct ph_format *f, char ch)
{
	struct token *t = f->count > 0 ? &f->tokens[f->count - 1] : NULL;

	if (!t || t->expr) {
		t = add_token(f);
		if (!t)
			return -ENOMEM;
		t->at = f->literals_len;
	}
	f->literals[f->literals_len++] = ch;
	t->len++;
	return 0;
}

static int check_field(const struct ph_expr *x, size_t pos, struct ph_parse_error *err)
{
	const struct ph_field_ref *r = x->slot ? &x->slot->ref : NULL;

	if (!r)
		return 0;
	if (r->field->flags & PH_FF_FILTER)
		return fail(err, pos, "%s has more than one value and is for filters only", r->field->name);
	if ((r->field->flags & PH_FF_ANY_BARE) && !r->has_index && !r->key)
		return fail(err, pos, "%s has more than one value; in a format say which: %s[1]", r->field->name,
			    r->field->name);
	return 0;
}

static int add_field(struct ph_format *f, const char *text, size_t *at, struct ph_parse_error *err)
{
	size_t pos = (*at)++, end;
	uint64_t width = 0;
	struct token *t;
	int rc;

	while (isdigit((unsigned char)text[*at]) && width < MAX_WIDTH)
		width = width * 10 + (uint64_t)(text[(*at)++] - '0');
	if (width >= MAX_WIDTH)
		return fail(err, pos, "a field can be at most %u characters wide", MAX_WIDTH - 1);
	if (text[*at] == '\0')
		return fail(err, pos, "invalid formatting syntax: formatting cannot end with a %s",
			    width || *at > pos + 1 ? "number" : "%");
	t = add_token(f);
	if (!t)
		return -ENOMEM;
	end = *at;
	rc = ph_expr_parse(&t->expr, &f->slots, text, at, err);
	if (rc) {
		char why[sizeof err->message];

		f->count--;
		memcpy(why, err->message, sizeof why);
		return rc == -ENOENT ? fail(err, end, "invalid formatting token: %.200s", why) : rc;
	}
	t->at = end;
	t->len = *at - end;
	t->width = (uint32_t)width;
	t->fmt = t->expr->slot ? t->expr->slot->ref.field->fmt : PH_PF_DEC;
	return check_field(t->expr, end, err);
}

static int parse(struct ph_format *f, const char *text, struct ph_parse_error *err)
{
	static const char from[] = "nte\\", to[] = "\n\t\033\\";
	size_t at = 0;
	int rc = 0;

	if (!text[0])
		return fail(err, 0, "empty formatting token");
	if (text[0] == '*') {
		f->keep = true;
		at = 1;
	}
	while (text[at] && rc == 0) {
		const char *known = text[at] == '\\' && text[at + 1] ? strchr(from, text[at + 1]) : NULL;

		if (text[at] == '%') {
			rc = add_field(f, text, &at, err);
		} else if (known) {
			rc = add_literal(f, to[known - from]);
			at += 2;
		} else {
			rc = add_literal(f, text[at++]);
		}
	}
	return rc == -ENOMEM ? fail(err, at, "out of memory") : rc;
}

int ph_format_compile(struct ph_format **out, const char *text, struct ph_parse_error *err)
{
	struct ph_format *f = calloc(1, sizeof *f);
	int rc;

	*out = NULL;
	err->text = NULL;
	if (f) {
		f->text = strdup(text);
		f->literals = malloc(strlen(text) + 1);
	}
	if (!f || !f->literals || !f->text) {
		ph_format_free(f);
		fail(err, 0, "out of memory");
		return -ENOMEM;
	}
	rc = parse(f, text, err);
	if (rc == 0 && format_json_prepare(f) != 0)
		rc = fail(err, 0, "out of memory");
	if (rc) {
		ph_format_free(f);
		return rc;
	}
	*out = f;
	return 0;
}

void ph_format_free(struct ph_format *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->count; i++)
		ph_expr_free(f->tokens[i].expr);
	format_json_free(f);
	ph_slots_fini(&f->slots);
	free(f->tokens);
	free(f->literals);
	free(f->text);
	free(f);
}

static void put_value(const struct token *token, const struct ph_field_ctx *c, const struct ph_value *v,
		      struct ph_text *t)
{
	if (v->kind == PH_V_BYTES)
		ph_bytes_text(t, (const uint8_t *)v->s, v->len, c->opts.buffers);
	else
		ph_value_text(t, v, token->fmt);
}

/* Widths count characters, and none is cut in two. */
static void fit(struct ph_text *t, size_t from, size_t width)
{
	size_t at = from, chars = 0;

	while (at < t->len && chars < width) {
		uint32_t ch;

		at += t->utf8 ? ph_utf8_char((const uint8_t *)t->buf + at, t->len - at, &ch) : 1;
		chars++;
	}
	t->len = at;
	ph_text_fill(t, ' ', width - chars);
}

bool ph_format_line(struct ph_format *f, struct ph_field_ctx *c, struct ph_text *t)
{
	size_t start = t->len;

	t->utf8 = c->opts.utf8;
	for (size_t i = 0; i < f->count; i++) {
		const struct token *token = &f->tokens[i];
		size_t from = t->len;
		struct ph_value v;

		if (!token->expr) {
			ph_text_put(t, f->literals + token->at, token->len);
			continue;
		}
		if (ph_expr_get(c, token->expr, &v)) {
			put_value(token, c, &v, t);
		} else if (f->keep) {
			ph_text_put(t, "<NA>", 4);
		} else {
			t->len = start;
			return false;
		}
		if (token->width)
			fit(t, from, token->width);
	}
	return true;
}

uint32_t ph_format_needs(const struct ph_format *f, char time_mode)
{
	uint32_t needs = ph_slots_needs(&f->slots);

	for (size_t i = 0; time_mode == 'd' && i < f->slots.count; i++)
		if (strcmp(f->slots.slots[i]->ref.field->name, "evt.outputtime") == 0)
			needs |= PH_NEED_ENTER_TIME;
	return needs;
}

#define GREEN "\\e[01;32m"
#define CYAN "\\e[01;36m"
#define BLUE "\\e[01;34m"
#define PLAIN "\\e[00m"

#define DETAIL(name)                                                                                          \
	"*%evt.num %evt.outputtime %evt.cpu %" name " (%container.id) %proc.name (%thread.tid:%thread.vtid) " \
	"%evt.dir %evt.type %evt.info"
#define DETAIL_COLOR(name)                                                                                      \
	"*%evt.num %evt.outputtime %evt.cpu " GREEN "%" name PLAIN " (%container.id) " GREEN "%proc.name" PLAIN \
	" (" CYAN "%thread.tid" PLAIN ":%thread.vtid) %evt.dir " BLUE "%evt.type" PLAIN " %evt.info"

const char *ph_format_default(const struct ph_format_style *style)
{
	static const char *const lines[][2] = {
		[PH_NAMES_NONE] = { "*%evt.num %evt.outputtime %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type "
				    "%evt.info",
				    "*%evt.num %evt.outputtime %evt.cpu " GREEN "%proc.name" PLAIN " (" CYAN
				    "%proc.pid" PLAIN ".%thread.tid) %evt.dir " BLUE "%evt.type" PLAIN " %evt.info" },
		[PH_NAMES_CONTAINER] = { DETAIL("container.name"), DETAIL_COLOR("container.name") },
		[PH_NAMES_K8S] = { DETAIL("k8s.pod.name"), DETAIL_COLOR("k8s.pod.name") },
		[PH_NAMES_MESOS] = { DETAIL("mesos.task.name"), DETAIL_COLOR("mesos.task.name") },
	};

	return lines[style->names][style->color];
}
