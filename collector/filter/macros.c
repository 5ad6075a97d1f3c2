/* SPDX-License-Identifier: Apache-2.0 */
/* Macros: names for filters, from the command line or a file. The parser asks for them by name. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "collector/filter/internal.h"

#define MAX_FILE (1u << 20)

struct ph_macros {
	struct macro *all;
	size_t count;
};

struct ph_macros *ph_macros_new(void)
{
	return calloc(1, sizeof(struct ph_macros));
}

void ph_macros_free(struct ph_macros *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->count; i++) {
		free(m->all[i].name);
		free(m->all[i].text);
	}
	free(m->all);
	free(m);
}

const struct macro *filter_macro_find(const struct ph_macros *m, const char *name, size_t len)
{
	for (size_t i = 0; m && i < m->count; i++)
		if (strlen(m->all[i].name) == len && memcmp(m->all[i].name, name, len) == 0)
			return &m->all[i];
	return NULL;
}

const char *filter_macro_nearest(const struct ph_macros *m, const char *name, size_t len)
{
	const char *near = NULL;
	unsigned least = 3;

	for (size_t i = 0; m && i < m->count; i++) {
		unsigned d = ph_edit_distance(name, len, m->all[i].name, strlen(m->all[i].name), 2);

		if (d < least) {
			least = d;
			near = m->all[i].name;
		}
	}
	return near;
}

static size_t trim(const char **s, size_t len)
{
	while (len > 0 && isspace((unsigned char)**s)) {
		++*s;
		len--;
	}
	while (len > 0 && isspace((unsigned char)(*s)[len - 1]))
		len--;
	return len;
}

static bool is_name(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '_')
			return false;
	return len > 0 && !isdigit((unsigned char)s[0]);
}

static bool is_taken(const char *s, size_t len)
{
	static const char *const words[] = { "and", "or", "not" };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strlen(words[i]) == len && memcmp(words[i], s, len) == 0)
			return true;
	for (size_t i = 0; i < filter_op_count; i++)
		if (strlen(filter_ops[i].name) == len && memcmp(filter_ops[i].name, s, len) == 0)
			return true;
	return false;
}

static int put(struct ph_macros *m, const char *name, size_t name_len, const char *text, size_t text_len)
{
	struct macro *known = (struct macro *)(uintptr_t)filter_macro_find(m, name, name_len), *grown;
	struct macro made = { strndup(name, name_len), strndup(text, text_len) };

	grown = known || !made.name || !made.text ? m->all : realloc(m->all, (m->count + 1) * sizeof *grown);
	if (!made.name || !made.text || !grown) {
		free(made.name);
		free(made.text);
		return -ENOMEM;
	}
	m->all = grown;
	if (known) {
		free(known->name);
		free(known->text);
		*known = made;
	} else {
		m->all[m->count++] = made;
	}
	return 0;
}

int ph_macros_add(struct ph_macros *m, const char *definition, size_t len, char *err, size_t errlen)
{
	const char *equals = memchr(definition, '=', len), *name = definition, *text = equals ? equals + 1 : NULL;
	size_t name_len, text_len;
	int shown;

	if (!equals || memchr(definition, '\0', len)) {
		snprintf(err, errlen, "a macro is written as name=filter");
		return -EINVAL;
	}
	name_len = trim(&name, (size_t)(equals - definition));
	text_len = trim(&text, len - (size_t)(text - definition));
	shown = (int)(name_len > 80 ? 80 : name_len);
	if (!is_name(name, name_len))
		snprintf(err, errlen, "'%.*s' is no name for a macro; one has letters, digits and _", shown, name);
	else if (is_taken(name, name_len))
		snprintf(err, errlen, "'%.*s' is a word of the filter language and no name for a macro", shown, name);
	else if (text_len == 0)
		snprintf(err, errlen, "the macro '%.*s' is empty", shown, name);
	else if (put(m, name, name_len, text, text_len) == 0)
		return 0;
	else
		snprintf(err, errlen, "out of memory");
	return -EINVAL;
}

static int read_lines(struct ph_macros *m, const char *path, const char *text, size_t len, char *err, size_t errlen)
{
	unsigned number = 1;

	for (size_t at = 0, n; at < len; at += n + 1, number++) {
		const char *end = memchr(text + at, '\n', len - at), *line = text + at;
		char why[200];
		size_t used;

		n = end ? (size_t)(end - line) : len - at;
		used = trim(&line, n);
		if (used == 0 || line[0] == '#')
			continue;
		if (ph_macros_add(m, line, used, why, sizeof why) != 0) {
			snprintf(err, errlen, "%s, line %u: %s", path, number, why);
			return -EINVAL;
		}
	}
	return 0;
}

int ph_macros_read(struct ph_macros *m, const char *path, char *err, size_t errlen)
{
	FILE *f = fopen(path, "re");
	char *text = f ? malloc(MAX_FILE + 1) : NULL;
	size_t len = text ? fread(text, 1, MAX_FILE + 1, f) : 0;
	int rc = -EINVAL;

	if (!text || ferror(f)) {
		rc = -errno;
		snprintf(err, errlen, "%s: %s", path, strerror(errno));
	} else if (len > MAX_FILE) {
		snprintf(err, errlen, "%s: longer than %u KiB", path, MAX_FILE >> 10);
	} else {
		rc = read_lines(m, path, text, len, err, errlen);
	}
	free(text);
	if (f)
		fclose(f);
	return rc;
}
