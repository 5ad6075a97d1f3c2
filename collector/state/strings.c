/* SPDX-License-Identifier: Apache-2.0 */
/* Immutable counted strings: what a child has of its parent costs a reference. Used by the state engine alone. */
#include "collector/state/internal.h"

#include <stddef.h>
#include <stdlib.h>

struct str {
	uint32_t refs;
	char text[];
};

static const char empty[1];

static struct str *head(char *s)
{
	return (struct str *)(void *)(s - offsetof(struct str, text));
}

static char *empty_str(void)
{
	return (char *)(uintptr_t)empty; /* never written: it has no byte but its NUL */
}

char *str_new(const char *s, size_t len)
{
	struct str *str;

	if (len == 0)
		return empty_str();
	str = malloc(sizeof(*str) + len + 1);
	if (!str)
		return empty_str();
	str->refs = 1;
	memcpy(str->text, s, len);
	str->text[len] = '\0';
	return str->text;
}

char *str_ref(char *s)
{
	if (s != empty)
		head(s)->refs++;
	return s;
}

void str_unref(char *s)
{
	if (s && s != empty && --head(s)->refs == 0)
		free(head(s));
}

void str_set(char **s, size_t old_len, const char *text, size_t len)
{
	if (old_len == len && memcmp(*s, text, len) == 0)
		return;
	char *n = str_new(text, len);
	str_unref(*s);
	*s = n;
}

void str_set0(char **s, const char *text, size_t len)
{
	str_set(s, strlen(*s), text, len);
}

bool str_none(const char *s)
{
	return s == empty;
}
