/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar: text to a tree of checks.
 *
 *   expr  := and { "or" and }        and := not { "and" not }        not := { "not" } check
 *   check := "(" expr ")" | lhs "exists" | lhs op ["oneof" | "anyof" | "allof"] values
 *
 * Beyond it, for what people have in their scripts: blanks around operators and behind and, or and not may be left out,
 * '==' is '=', and a bare value may contain '=' and, outside of lists, ','.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "collector/filter/internal.h"

#define MAX_EXPANSIONS 10000 /* macros made of macros grow fast */

struct parser {
	struct ph_filter *f;
	const char *text;
	size_t at;
	unsigned depth;
	const struct macro *macro; /* whose text it is; NULL: the filter */
	const struct parser *outer; /* where the macro stands */
	unsigned *expansions;
	struct ph_parse_error *err;
};

const struct op_info filter_ops[] = {
	{ "==", OP_EQ, ON_ALL, false, false },
	{ "=", OP_EQ, ON_ALL, false, false },
	{ "!=", OP_NE, ON_ALL, false, false },
	{ "<=", OP_LE, ON_NUMBERS | ON_STRINGS, false, false },
	{ "<", OP_LT, ON_NUMBERS | ON_STRINGS, false, false },
	{ ">=", OP_GE, ON_NUMBERS | ON_STRINGS, false, false },
	{ ">", OP_GT, ON_NUMBERS | ON_STRINGS, false, false },
	{ "exists", OP_EXISTS, ON_ALL, true, false },
	{ "contains", OP_CONTAINS, ON_STRINGS | ON_BYTES, true, false },
	{ "icontains", OP_ICONTAINS, ON_STRINGS, true, false },
	{ "bcontains", OP_BCONTAINS, ON_BYTES, true, false },
	{ "startswith", OP_STARTSWITH, ON_STRINGS | ON_BYTES, true, false },
	{ "bstartswith", OP_BSTARTSWITH, ON_BYTES, true, false },
	{ "endswith", OP_ENDSWITH, ON_STRINGS | ON_BYTES, true, false },
	{ "glob", OP_GLOB, ON_STRINGS, true, false },
	{ "iglob", OP_IGLOB, ON_STRINGS, true, false },
	{ "regex", OP_REGEX, ON_STRINGS, true, false },
	{ "intersects", OP_INTERSECTS, ON_ALL, true, true },
	{ "in", OP_IN, ON_ALL, true, true },
	{ "pmatch", OP_PMATCH, ON_STRINGS, true, true },
};
const size_t filter_op_count = sizeof filter_ops / sizeof filter_ops[0];

int filter_fail(struct ph_parse_error *err, size_t pos, const char *fmt, ...)
{
	va_list ap;

	err->pos = pos;
	va_start(ap, fmt);
	vsnprintf(err->message, sizeof err->message, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

void filter_node_free(struct node *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->nkids; i++)
		filter_node_free(n->kids[i]);
	for (size_t i = 0; i < n->nconstants; i++) {
		free(n->constants[i].owned);
		pcre2_code_free(n->constants[i].regex);
	}
	free(n->kids);
	free(n->constants);
	free(n->set.index);
	ph_expr_free(n->lhs);
	ph_expr_free(n->rhs);
	free(n);
}

static bool blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\b' || ch == '\r' || ch == '\n';
}

static bool word_char(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_' || ch == '.';
}

static void skip(struct parser *p)
{
	while (blank(p->text[p->at]))
		p->at++;
}

static size_t word_len(const struct parser *p)
{
	size_t n = 0;

	while (word_char(p->text[p->at + n]))
		n++;
	return n;
}

/* Whether a field or transformer begins at the text: then `notevt.type` is `not evt.type`. */
static bool field_at(const char *text)
{
	struct ph_field_ref ref;
	char err[8];
	size_t used;
	int rc;

	if (ph_expr_begins_transformer(text))
		return true;
	rc = ph_field_parse(&ref, text, strlen(text), &used, err, sizeof err);
	if (rc == 0)
		ph_field_ref_free(&ref);
	return rc != -ENOENT;
}

/* Takes a word of the grammar when it stands here. */
static bool take_word(struct parser *p, const char *word)
{
	const char *s = p->text + p->at;
	size_t n = strlen(word);

	if (strncmp(s, word, n) != 0)
		return false;
	if (word_char(s[n]) && (field_at(s) || !field_at(s + n)))
		return false;
	p->at += n;
	return true;
}

static struct node *new_node(enum node_kind kind, size_t pos)
{
	struct node *n = calloc(1, sizeof *n);

	if (n) {
		n->kind = (uint8_t)kind;
		n->pos = pos;
	}
	return n;
}

static int no_memory(struct parser *p)
{
	filter_fail(p->err, p->at, "out of memory");
	return -ENOMEM;
}

static bool add_kid(struct node *n, struct node *kid)
{
	struct node **kids = realloc(n->kids, (n->nkids + 1) * sizeof *kids);

	if (!kids)
		return false;
	n->kids = kids;
	kids[n->nkids++] = kid;
	return true;
}

/* --- values ----------------------------------------------------------------------------------------------------------- */

static int hex_digit(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	ch = (char)(ch | 0x20);
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

/* What stands between quotes; escapes that mean nothing stay as they are, as regular expressions need it. */
static int unquote(struct parser *p, char *out, size_t *len)
{
	static const char from[] = "bfnrt\\/ ", to[] = "\b\f\n\r\t\\/\\";
	size_t start = p->at;
	char quote = p->text[p->at++];
	const char *known;

	*len = 0;
	for (;; p->at++) {
		char ch = p->text[p->at], next;

		if (ch == '\0')
			return filter_fail(p->err, start, "this quote is not closed");
		if (ch == quote)
			break;
		next = ch == '\\' ? p->text[p->at + 1] : '\0';
		known = next ? strchr(from, next) : NULL;
		if (next == quote) {
			ch = quote;
		} else if (known) {
			ch = to[known - from];
		} else if (next == 'x' && hex_digit(p->text[p->at + 2]) >= 0 && hex_digit(p->text[p->at + 3]) >= 0) {
			ch = (char)(hex_digit(p->text[p->at + 2]) << 4 | hex_digit(p->text[p->at + 3]));
			if (ch == '\0')
				return filter_fail(p->err, p->at, "values cannot contain a NUL byte");
			p->at += 2;
		} else {
			next = '\0';
		}
		p->at += next != '\0';
		out[(*len)++] = ch;
	}
	p->at++;
	return 0;
}

static void bare(struct parser *p, bool in_list, char *out, size_t *len)
{
	const char *s = p->text + p->at;
	size_t n = 0;

	while (s[n] && !blank(s[n]) && s[n] != '(' && s[n] != ')' && !(in_list && s[n] == ','))
		n++;
	memcpy(out, s, n);
	*len = n;
	p->at += n;
}

static int read_value(struct parser *p, struct node *check, bool in_list)
{
	size_t pos, len;
	char *buf = malloc(strlen(p->text + p->at) + 1);
	int rc = 0;

	if (!buf)
		return no_memory(p);
	pos = p->at;
	if (p->text[p->at] == '"' || p->text[p->at] == '\'') {
		rc = unquote(p, buf, &len);
	} else {
		bare(p, in_list, buf, &len);
		if (len == 0)
			rc = filter_fail(p->err, pos, "expected a value behind '%s'", check->op->name);
		else if (p->text[p->at] == '(')
			rc = filter_fail(p->err, pos,
					 "'%.*s' is no transformer; a value with parentheses must be quoted",
					 (int)(len > 80 ? 80 : len), buf);
	}
	if (rc == 0)
		rc = filter_constant(p->f, check, buf, len, pos, p->err);
	free(buf);
	return rc;
}

static int read_list(struct parser *p, struct node *check)
{
	int rc;

	skip(p);
	if (p->text[p->at] != '(')
		return filter_fail(p->err, p->at, "expected '(' and a list of values behind '%s'", check->op->name);
	p->at++;
	skip(p);
	if (p->text[p->at] == ')') {
		p->at++;
		return 0;
	}
	for (;;) {
		skip(p);
		rc = read_value(p, check, true);
		if (rc)
			return rc;
		skip(p);
		if (p->text[p->at] != ',')
			break;
		p->at++;
	}
	if (p->text[p->at] != ')')
		return filter_fail(p->err, p->at, "expected ',' or ')' in the list of values");
	p->at++;
	return 0;
}

static int read_rhs(struct parser *p, struct node *check)
{
	size_t pos = p->at;
	int rc = ph_expr_parse(&check->rhs, &p->f->slots, p->text, &p->at, p->err);

	if (rc)
		return rc;
	if (check->op->op == OP_REGEX || check->op->list || check->lhs->type == PH_PT_IPNET)
		return filter_fail(p->err, pos, "'%s' cannot compare with another field", check->op->name);
	if (check->rhs->kind != check->lhs->kind)
		return filter_fail(p->err, pos, "the two sides of '%s' are of different types", check->op->name);
	return 0;
}

/* --- checks ----------------------------------------------------------------------------------------------------------- */

static const char *kind_name(unsigned kind)
{
	static const char *const names[] = {
		[PH_V_INT] = "numeric", [PH_V_UINT] = "numeric", [PH_V_DOUBLE] = "numeric", [PH_V_BOOL] = "boolean",
		[PH_V_STR] = "string",	[PH_V_BYTES] = "buffer", [PH_V_IP] = "address",	    [PH_V_LIST] = "list",
	};

	return names[kind];
}

unsigned filter_kind_bit(unsigned kind)
{
	static const uint8_t bits[] = {
		[PH_V_INT] = ON_NUMBERS, [PH_V_UINT] = ON_NUMBERS, [PH_V_DOUBLE] = ON_NUMBERS, [PH_V_BOOL] = ON_BOOLS,
		[PH_V_STR] = ON_STRINGS, [PH_V_BYTES] = ON_BYTES,  [PH_V_IP] = ON_IPS,	       [PH_V_LIST] = 0,
	};

	return bits[kind];
}

static const struct op_info *op_at(const struct parser *p)
{
	const char *s = p->text + p->at;

	for (size_t i = 0; i < filter_op_count; i++) {
		size_t n = strlen(filter_ops[i].name);

		if (strncmp(s, filter_ops[i].name, n) == 0 && !(filter_ops[i].word && word_char(s[n])))
			return &filter_ops[i];
	}
	return NULL;
}

static int bad_op(struct parser *p)
{
	size_t n = word_len(p);
	const char *s = p->text + p->at, *near = NULL;
	unsigned least = 3;

	if (*s == '\0')
		return filter_fail(p->err, p->at, "unexpected end of the filter, expected an operator");
	for (size_t i = 0; i < filter_op_count && n > 2; i++) {
		unsigned d = ph_edit_distance(s, n, filter_ops[i].name, strlen(filter_ops[i].name), 2);

		if (d < least) {
			least = d;
			near = filter_ops[i].name;
		}
	}
	if (near)
		return filter_fail(p->err, p->at, "unknown operator '%.*s'; did you mean %s?", (int)(n > 80 ? 80 : n),
				   s, near);
	return filter_fail(p->err, p->at,
			   "expected an operator: exists = == != < <= > >= contains icontains bcontains startswith "
			   "bstartswith endswith glob iglob regex in intersects pmatch");
}

static bool take_quantifier(struct parser *p, struct node *check)
{
	static const struct {
		const char *word;
		enum quantifier q;
	} words[] = { { "oneof", ONE_OF }, { "anyof", ANY_OF }, { "allof", ALL_OF } };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		size_t n = strlen(words[i].word), k;

		if (strncmp(p->text + p->at, words[i].word, n) != 0)
			continue;
		for (k = p->at + n; blank(p->text[k]); k++)
			;
		if (p->text[k] != '(')
			continue;
		p->at = k;
		check->quantifier = (uint8_t)words[i].q;
		return true;
	}
	return false;
}

static int check_op(struct parser *p, const struct node *check, size_t pos)
{
	const struct ph_field *f = check->lhs->slot ? check->lhs->slot->ref.field : NULL;

	if (f && (f->flags & PH_FF_AT_MOST) && check->op->op != OP_EQ)
		return filter_fail(p->err, pos, "%s: only '=' is supported", f->name);
	if (check->op->kinds & filter_kind_bit(check->lhs->kind))
		return 0;
	if (check->lhs->kind == PH_V_IP)
		return filter_fail(p->err, pos, "%s: IP filter only supports '=', '!=', 'in' and 'intersects'",
				   f ? f->name : "this");
	return filter_fail(p->err, pos, "'%s' operator not supported for %s filters", check->op->name,
			   kind_name(check->lhs->kind));
}

static int unknown_word(struct parser *p)
{
	const struct ph_macros *macros = p->f->opts ? p->f->opts->macros : NULL;
	const char *word = p->text + p->at, *near = filter_macro_nearest(macros, word, word_len(p));
	int shown = word_len(p) > 80 ? 80 : (int)word_len(p);

	if (near)
		return filter_fail(p->err, p->at, "unexpected identifier '%.*s'; did you mean the macro %.80s?", shown,
				   word, near);
	return filter_fail(p->err, p->at, "unexpected identifier '%.*s': expected a field, such as proc.name%s", shown,
			   word, macros ? ", or a macro" : "");
}

static int parse_check(struct parser *p, struct node *check)
{
	size_t pos = p->at;
	int rc = ph_expr_parse(&check->lhs, &p->f->slots, p->text, &p->at, p->err);

	if (rc == -ENOENT && p->err->pos == pos &&
	    !memchr(p->text + pos, '.', word_len(&(struct parser){ .text = p->text, .at = pos })))
		return unknown_word(p);
	if (rc)
		return rc;
	if (check->lhs->slot && (check->lhs->slot->ref.field->flags & PH_FF_PRINT))
		return filter_fail(p->err, pos, "%s can be printed only", check->lhs->slot->ref.field->name);
	skip(p);
	check->op = op_at(p);
	if (!check->op)
		return bad_op(p);
	pos = p->at;
	p->at += strlen(check->op->name);
	rc = check_op(p, check, pos);
	if (rc || check->op->op == OP_EXISTS)
		return rc;
	skip(p);
	if (check->op->list || take_quantifier(p, check))
		return read_list(p, check);
	if (ph_expr_begins_transformer(p->text + p->at))
		return read_rhs(p, check);
	return read_value(p, check, false);
}

static int parse_or(struct parser *p, struct node **out);

/* --- macros ----------------------------------------------------------------------------------------------------------- */

static int parse_all(struct parser *p, struct node **out)
{
	int rc;

	skip(p);
	rc = parse_or(p, out);
	if (rc)
		return rc;
	skip(p);
	if (p->text[p->at] == ')')
		return filter_fail(p->err, p->at, "')' without '('");
	if (p->text[p->at])
		return filter_fail(p->err, p->at, "unexpected text, expected 'and' or 'or'");
	return 0;
}

static const struct macro *macro_at(const struct parser *p)
{
	const struct ph_filter_opts *opts = p->f->opts;

	if (!opts || !opts->macros || ph_expr_begins_transformer(p->text + p->at))
		return NULL;
	return filter_macro_find(opts->macros, p->text + p->at, word_len(p));
}

/* Says which macro an error is in; the innermost one's text is where the caret stands. */
static void blame(struct parser *p, const struct macro *m)
{
	char message[sizeof p->err->message];

	if (p->err->text)
		return;
	p->err->text = m->text;
	memcpy(message, p->err->message, sizeof message);
	snprintf(p->err->message, sizeof p->err->message, "in the macro '%.40s': %.190s", m->name, message);
}

static int expand(struct parser *p, const struct macro *m, struct node **out)
{
	struct parser inner = { .f = p->f,
				.text = m->text,
				.err = p->err,
				.depth = p->depth + 1,
				.macro = m,
				.outer = p,
				.expansions = p->expansions };
	int rc;

	for (const struct parser *up = p; up; up = up->outer)
		if (up->macro == m)
			return filter_fail(p->err, p->at, "the macro '%.80s' is made of itself", m->name);
	if (inner.depth > MAX_DEPTH)
		return filter_fail(p->err, p->at, "exceeded max depth limit of %d", MAX_DEPTH);
	if (++*p->expansions > MAX_EXPANSIONS)
		return filter_fail(p->err, p->at, "more than %d macros in one filter", MAX_EXPANSIONS);
	rc = parse_all(&inner, out);
	if (rc)
		blame(p, m);
	else
		p->at += strlen(m->name);
	return rc;
}

static int parse_primary(struct parser *p, bool negated, struct node **out)
{
	const struct macro *macro;
	size_t open = p->at;
	int rc;

	if (p->text[p->at] == '\0')
		return filter_fail(p->err, p->at, "unexpected end of the filter, expected a field");
	if (p->text[p->at] == '(') {
		if (++p->depth > MAX_DEPTH)
			return filter_fail(p->err, p->at, "exceeded max depth limit of %d", MAX_DEPTH);
		p->at++;
		rc = parse_or(p, out);
		if (rc)
			return rc;
		skip(p);
		if (p->text[p->at] != ')')
			return p->text[p->at] ? filter_fail(p->err, p->at, "expected 'and', 'or' or ')'") :
						filter_fail(p->err, open, "this parenthesis is not closed");
		p->at++;
		p->depth--;
		return 0;
	}
	macro = macro_at(p);
	if (macro)
		return expand(p, macro, out);
	*out = new_node(N_CHECK, p->at);
	if (!*out)
		return no_memory(p);
	rc = parse_check(p, *out);
	return rc ? rc : filter_finish_check(p->f, *out, negated, p->err);
}

static int parse_not(struct parser *p, struct node **out)
{
	bool negated = false;
	struct node *inner = NULL, *n;
	int rc;

	for (skip(p); take_word(p, "not"); skip(p))
		negated = !negated;
	rc = parse_primary(p, negated, &inner);
	*out = inner;
	if (rc || !negated || !inner)
		return rc;
	n = new_node(N_NOT, inner->pos);
	if (!n || !add_kid(n, inner)) {
		free(n);
		return no_memory(p);
	}
	*out = n;
	return 0;
}

/* One level of precedence: operands joined by a word. */
static int parse_joined(struct parser *p, enum node_kind kind, const char *word,
			int (*operand)(struct parser *, struct node **), struct node **out)
{
	struct node *group = NULL, *n = NULL;
	int rc = operand(p, &n);

	*out = n;
	if (rc)
		return rc;
	for (skip(p); take_word(p, word); skip(p)) {
		if (!group) {
			group = new_node(kind, n->pos);
			if (!group || !add_kid(group, n)) {
				free(group);
				return no_memory(p);
			}
			*out = group;
		}
		n = NULL;
		rc = operand(p, &n);
		if (rc || !add_kid(group, n)) {
			filter_node_free(n);
			return rc ? rc : no_memory(p);
		}
	}
	return 0;
}

static int parse_and(struct parser *p, struct node **out)
{
	return parse_joined(p, N_AND, "and", parse_not, out);
}

static int parse_or(struct parser *p, struct node **out)
{
	return parse_joined(p, N_OR, "or", parse_and, out);
}

int filter_parse(struct ph_filter *f, const char *text, struct ph_parse_error *err)
{
	unsigned expansions = 0;
	struct parser p = { .f = f, .text = text, .err = err, .expansions = &expansions };

	skip(&p);
	if (text[p.at] == '\0')
		return filter_fail(err, 0, "filter input string is empty");
	return parse_all(&p, &f->root);
}
