/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Masks secrets in what a capture holds (redact.h): environments, command lines, and the parameters of an event by their kind.
 * Called by encode.c with the copy that goes to a file.
 */
#include "collector/redact/redact.h"

#include <string.h>
#include "collector/redact/internal.h"
#include "porthole/tables.h"

/* --- items: NUL-separated */

/* The next of them: [*at, *end). */
static bool next_item(const struct rd_text *t, size_t *at, size_t *end)
{
	const uint8_t *nul;

	if (*at >= t->n)
		return false;
	nul = memchr(t->d + *at, 0, t->n - *at);
	*end = nul ? (size_t)(nul - t->d) : t->n;
	return true;
}

static void text_of(struct rd_text *t, size_t from, size_t to)
{
	struct rd_text part = rd_part(t, from, to);

	rd_text(&part);
	t->places += part.places;
}

/* Where '=' stands when what is in front of it can be a name; to: nowhere. */
static size_t equals(const struct rd_text *t, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		if (t->d[i] == '=')
			return i;
		if (!rd_name_char(t->d[i]))
			break;
	}
	return to;
}

/* user:password@host without a scheme. */
static void mask_address(struct rd_text *t, size_t from, size_t to)
{
	const uint8_t *at = memrchr(t->d + from, '@', to - from);
	const uint8_t *colon = at ? memchr(t->d + from, ':', (size_t)(at - (t->d + from))) : NULL;

	if (colon && !memchr(t->d + from, '/', (size_t)(colon - (t->d + from))) && colon[1] != '/')
		rd_mask(t, (size_t)(colon + 1 - t->d), (size_t)(at - t->d));
}

/* Masks the value of NAME=value when the name asks for it; false: it does not, and nothing is masked. */
static bool mask_pair(struct rd_text *t, size_t from, size_t to)
{
	size_t eq = equals(t, from, to);

	if (eq == to || !rd_secret(t->d + from, eq - from, RD_NAME))
		return false;
	rd_mask(t, eq + 1, to);
	return true;
}

size_t ph_redact_env(uint8_t *items, size_t len)
{
	struct rd_text t = { .d = items, .n = len };
	size_t at = 0, end, eq;

	for (; next_item(&t, &at, &end); at = end + 1) {
		if (mask_pair(&t, at, end))
			continue;
		eq = equals(&t, at, end);
		if (eq < end && rd_is_address(t.d + at, eq - at))
			mask_address(&t, eq + 1, end);
		text_of(&t, at, end);
	}
	return t.places;
}

/* --- command lines */

enum {
	MYSQL = 1 << 0,
	CURL = 1 << 1,
	REDIS = 1 << 2,
	SSHPASS = 1 << 3,
	LDAP = 1 << 4,
	MONGO = 1 << 5,
	REGISTRY = 1 << 6, /* what has a command "login" */
	LOGIN = 1 << 7,
};

static const struct {
	const char *name;
	unsigned program;
} programs[] = {
	{ "mysql", MYSQL },	    { "mysqladmin", MYSQL },   { "mysqldump", MYSQL }, { "mariadb", MYSQL },
	{ "mariadb-admin", MYSQL }, { "mariadb-dump", MYSQL }, { "curl", CURL },       { "redis-cli", REDIS },
	{ "sshpass", SSHPASS },	    { "ldapadd", LDAP },       { "ldapmodify", LDAP }, { "ldapsearch", LDAP },
	{ "mongo", MONGO },	    { "mongodump", MONGO },    { "mongosh", MONGO },   { "docker", REGISTRY },
	{ "helm", REGISTRY },	    { "podman", REGISTRY },    { "login", LOGIN },
};

enum expects { NOTHING, SECRET, USER_SECRET };

/* Options whose names do not say what they are; all the programs must have been named. */
static const struct {
	unsigned programs;
	const char *name; /* short ones without their dash */
	bool attached, apart; /* -px, -p x */
	enum expects value;
} options[] = {
	{ MYSQL, "p", true, false, SECRET },
	{ CURL, "u", true, true, USER_SECRET },
	{ CURL, "U", true, true, USER_SECRET },
	{ CURL, "b", true, true, SECRET },
	{ CURL, "user", false, true, USER_SECRET },
	{ CURL, "proxy-user", false, true, USER_SECRET },
	{ REDIS, "a", true, true, SECRET },
	{ SSHPASS, "p", true, true, SECRET },
	{ LDAP, "w", true, true, SECRET },
	{ MONGO, "p", true, true, SECRET },
	{ REGISTRY | LOGIN, "p", true, true, SECRET },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct args {
	unsigned programs; /* that have been named: the program itself may stand behind sudo or docker exec */
	enum expects next; /* what the next argument is */
};

static void note_program(struct args *a, const uint8_t *s, size_t len)
{
	const uint8_t *slash = memrchr(s, '/', len);

	if (slash) {
		len -= (size_t)(slash + 1 - s);
		s = slash + 1;
	}
	for (size_t i = 0; i < COUNT(programs); i++)
		if (strlen(programs[i].name) == len && memcmp(programs[i].name, s, len) == 0)
			a->programs |= programs[i].program;
}

static void mask_value(struct rd_text *t, size_t from, size_t to, enum expects what)
{
	const uint8_t *colon;

	if (what == USER_SECRET) {
		colon = memchr(t->d + from, ':', to - from);
		from = colon ? (size_t)(colon + 1 - t->d) : to;
	}
	rd_mask(t, from, to);
}

/* -su of curl: options without a value, then one with. */
static bool ends_group(const uint8_t *s, size_t len, uint8_t option)
{
	if (len > 6 || s[len - 1] != option)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!((s[i] | 0x20) >= 'a' && (s[i] | 0x20) <= 'z'))
			return false;
	return true;
}

/* One of the table's options, [from, to) without dashes. true: it is done with, or the next argument is its value. */
static bool known_option(struct rd_text *t, struct args *a, size_t from, size_t to, bool is_long)
{
	for (size_t i = 0; i < COUNT(options); i++) {
		size_t len = strlen(options[i].name), at = from + len;

		if ((a->programs & options[i].programs) != options[i].programs || is_long != (len > 1))
			continue;
		if (options[i].apart && !is_long && ends_group(t->d + from, to - from, (uint8_t)options[i].name[0])) {
			a->next = options[i].value;
			return true;
		}
		if (to - from < len || memcmp(t->d + from, options[i].name, len) != 0)
			continue;
		if (at == to && options[i].apart) {
			a->next = options[i].value;
			return true;
		}
		if (at < to && (is_long ? t->d[at] == '=' : options[i].attached)) {
			mask_value(t, at, to, options[i].value);
			return true;
		}
	}
	return false;
}

static bool option(struct rd_text *t, struct args *a, size_t from, size_t to)
{
	size_t name = from, eq;

	while (name < to && t->d[name] == '-')
		name++;
	if (name == to)
		return true;
	if (known_option(t, a, name, to, name - from > 1))
		return true;
	if (mask_pair(t, name, to))
		return true;
	eq = equals(t, name, to);
	for (size_t i = name; i < to && eq == to; i++)
		if (!rd_name_char(t->d[i]))
			return false;
	if (eq == to && to - name > 1 && rd_secret(t->d + name, to - name, RD_NAME))
		a->next = SECRET;
	return a->next != NOTHING;
}

/* true: the argument has been dealt with and needs no other look. */
static bool argument(struct rd_text *t, struct args *a, size_t from, size_t to)
{
	enum expects value = a->next;

	a->next = NOTHING;
	/* An option whose value is left out asks for it: what follows is the next option. */
	if (value != NOTHING && !(to - from > 1 && t->d[from] == '-')) {
		mask_value(t, from, to, value);
		return true;
	}
	if (from < to && t->d[from] == '-')
		return option(t, a, from, to);
	note_program(a, t->d + from, to - from);
	return mask_pair(t, from, to);
}

/* The end of a shell word at from. A word in quotes is what is in them, [*from, end). */
static size_t word_end(const struct rd_text *t, size_t *from, size_t to)
{
	uint8_t quote = 0;
	size_t at = *from;

	if (t->d[at] == '"' || t->d[at] == '\'') {
		const uint8_t *end = memchr(t->d + at + 1, t->d[at], to - at - 1);

		*from = at + 1;
		return end ? (size_t)(end - t->d) : to;
	}
	for (; at < to; at++) {
		uint8_t c = t->d[at];

		if (quote ? c == quote : c == '"' || c == '\'')
			quote = quote ? 0 : c;
		else if (!quote && (rd_blank(c) || c == '\n'))
			break;
	}
	return at;
}

/* An argument with blanks may be a command line itself, as that of sh -c. */
static void command_line(struct rd_text *t, size_t from, size_t to)
{
	struct args a = { .programs = 0 };

	if (!memchr(t->d + from, ' ', to - from))
		return;
	while (from < to) {
		size_t end;

		if (t->d[from] <= ' ') {
			from++;
			continue;
		}
		end = word_end(t, &from, to);
		argument(t, &a, from, end);
		from = end + 1;
	}
}

size_t ph_redact_command(const char *exe, size_t exe_len, uint8_t *items, size_t len)
{
	struct rd_text t = { .d = items, .n = len };
	struct args a = { .next = NOTHING };
	size_t at = 0, end;

	note_program(&a, (const uint8_t *)exe, exe_len);
	for (; next_item(&t, &at, &end); at = end + 1) {
		if (argument(&t, &a, at, end))
			continue;
		command_line(&t, at, end);
		text_of(&t, at, end);
	}
	return t.places;
}

size_t ph_redact_args(uint8_t *items, size_t len)
{
	return ph_redact_command("", 0, items, len);
}

/* --- text and events */

size_t ph_redact_text(uint8_t *data, size_t len)
{
	struct rd_text t = { .d = data, .n = len, .cut = true };

	rd_text(&t);
	return t.places;
}

static size_t redact_whole(uint8_t *data, size_t len)
{
	struct rd_text t = { .d = data, .n = len };

	rd_text(&t);
	return t.places;
}

/* The records that hold an object; the masks must leave it one. */
static size_t redact_object(uint8_t *data, size_t len)
{
	struct rd_text t = { .d = data, .n = len };

	if (len == 0 || (data[0] != '{' && data[0] != '['))
		return redact_whole(data, len);
	rd_json(&t);
	return t.places;
}

struct param {
	const struct ph_param_info *info; /* NULL: the table does not know it */
	uint8_t *data;
	uint32_t len;
};

#define KNOWN_WIDTH 8 /* a parameter that is not in the table and no longer than this is a number */

static bool named(const struct param *p, const char *name)
{
	return p->info && strcmp(p->info->name, name) == 0;
}

static size_t redact_param(const struct ph_event_info *event, const struct param *p, const struct param *exe)
{
	if (!p->info)
		return p->len > KNOWN_WIDTH ? ph_redact_text(p->data, p->len) : 0;
	if (named(p, "json") || (event->code == PH_EV_ASYNCEVENT_E && named(p, "data")))
		return redact_object(p->data, p->len);
	switch (p->info->type) {
	case PH_PT_BYTEBUF:
	case PH_PT_CHARBUFARRAY:
		if (named(p, "args"))
			return ph_redact_command((const char *)exe->data, strnlen((const char *)exe->data, exe->len),
						 p->data, p->len);
		if (named(p, "argv"))
			return ph_redact_args(p->data, p->len);
		return named(p, "env") ? ph_redact_env(p->data, p->len) : ph_redact_text(p->data, p->len);
	case PH_PT_DYN:
		return ph_redact_text(p->data, p->len);
	case PH_PT_CHARBUF:
	case PH_PT_FSPATH:
	case PH_PT_FSRELPATH:
		return redact_whole(p->data, p->len);
	}
	return 0;
}

size_t ph_redact_event(uint8_t *block, const struct ph_event_info *info, bool large)
{
	uint8_t *lens = block + sizeof(struct ph_evt_hdr), *data;
	struct param exe = { .data = lens };
	unsigned width = large ? 4 : 2;
	struct ph_evt_hdr hdr;
	size_t places = 0;

	memcpy(&hdr, block, sizeof(hdr));
	data = lens + (size_t)hdr.nparams * width;
	for (uint32_t i = 0; i < hdr.nparams; i++) {
		struct param p = { .info = i < info->nparams ? &info->params[i] : NULL, .data = data };

		memcpy(&p.len, lens + (size_t)i * width, width); /* little-endian: the low half comes first */
		if (named(&p, "exe"))
			exe = p;
		places += redact_param(info, &p, &exe);
		data += p.len;
	}
	return places;
}
