/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which names are those of secrets: names are cut into words at _ - . and where camelCase has its humps, and the words looked up
 * in a table. Called by redact.c and text.c for variables, options, form fields, JSON keys and headers.
 */
#include <string.h>
#include "collector/redact/redact.h"
#include "collector/redact/internal.h"

#define NAME_MAX_LEN 128 /* of a longer name the end is looked at, which stands next to the value */

enum {
	WORD = 1 << 0, /* is a word of the name */
	LAST = 1 << 1, /* is its last word */
	PART = 1 << 2, /* is part of a word */
	END = 1 << 3, /* is the end of a word */
	KEYISH = 1 << 4, /* not when the name says that it is public */
	STRONG = 1 << 5, /* whatever the name's last word says */
	ALONE = 1 << 6, /* as the only word it says nothing in text */
	ALONE_BARE = 1 << 7, /* the same, but in quotes it does */
	OTHER = 1 << 8, /* what look_up() adds for rows that are not KEYISH */
};

/*
 * KEY is a word of its own: API_KEY and ACCESS_KEY_ID are masked (the identifier too, since values that look like one are masked
 * wherever they stand), KEYBOARD, MONKEY and KEYCLOAK_URL are not.
 */
static const struct {
	const char *text;
	unsigned how;
} words[] = {
	{ "password", PART },
	{ "passwd", PART },
	{ "passphrase", PART },
	{ "passcode", PART },
	{ "secret", PART },
	{ "credential", PART },
	{ "apikey", PART | KEYISH },
	{ "accesskey", PART | KEYISH },
	{ "accountkey", PART | KEYISH },
	{ "authkey", PART | KEYISH },
	{ "encryptionkey", PART | KEYISH },
	{ "masterkey", PART | KEYISH },
	{ "privatekey", PART },
	{ "signingkey", PART | KEYISH },
	{ "token", END },
	{ "pwd", END },
	{ "dbpass", END },
	{ "rootpass", END },
	{ "userpass", END },
	{ "sessid", END },
	{ "sessionid", END },
	{ "pass", WORD },
	{ "passin", WORD },
	{ "passout", WORD },
	{ "pw", WORD },
	{ "cred", WORD },
	{ "creds", WORD },
	{ "authorization", WORD },
	{ "key", WORD | KEYISH | ALONE },
	{ "keys", WORD | KEYISH | ALONE },
	{ "webhook", WORD | STRONG },
	{ "auth", LAST | ALONE_BARE },
	{ "bearer", LAST | ALONE },
	{ "cookie", LAST },
	{ "cookies", LAST | ALONE },
	{ "jwt", LAST },
	{ "otp", LAST },
	{ "private", LAST | ALONE },
	{ "salt", LAST | ALONE },
	{ "session", LAST | ALONE },
	{ "sig", LAST | ALONE },
	{ "signature", LAST },
};

/* A last word that makes the value something about the secret: where it lies, how long it is good. The value is still looked through. */
static const char *const about[] = { "alg",    "algorithm", "dir",    "enabled", "endpoint", "expiration", "expires",
				     "expiry", "file",	    "length", "name",	 "path",     "policy",	   "prefix",
				     "size",   "sock",	    "stdin",  "timeout", "ttl",	     "type",	   "url" };
/* Sessions of a desktop are no secrets. */
static const char *const desktop[] = { "xdg", "desktop", "dbus" };
static const char *const address[] = { "connection", "conn", "database", "dsn", "string", "uri", "url" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct word {
	char text[NAME_MAX_LEN + 1]; /* lower case */
	size_t len;
};

struct name {
	const uint8_t *s;
	size_t len, at;
	struct word w, before;
	unsigned nwords;
};

bool rd_name_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
	       c == '.';
}

bool rd_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static bool upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static bool lower(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

static bool digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool in_word(uint8_t c)
{
	return upper(c) || lower(c) || digit(c);
}

/* accessKey: before K; APIKey: before K too. */
static bool hump(const struct name *n, size_t i)
{
	if (!upper(n->s[i]))
		return false;
	return !upper(n->s[i - 1]) || (i + 1 < n->len && lower(n->s[i + 1]));
}

static bool next_word(struct name *n)
{
	struct word w = { .len = 0 };

	while (n->at < n->len && !in_word(n->s[n->at]))
		n->at++;
	if (n->at == n->len)
		return false;
	do {
		w.text[w.len++] = (char)(upper(n->s[n->at]) ? n->s[n->at] | 0x20 : n->s[n->at]);
		n->at++;
	} while (n->at < n->len && in_word(n->s[n->at]) && !hump(n, n->at));
	while (w.len > 1 && digit((uint8_t)w.text[w.len - 1])) /* PASSWORD2 */
		w.len--;
	w.text[w.len] = '\0';
	n->before = n->w;
	n->w = w;
	n->nwords++;
	return true;
}

static struct name name_of(const uint8_t *s, size_t len)
{
	size_t skip = len > NAME_MAX_LEN ? len - NAME_MAX_LEN : 0;

	return (struct name){ .s = s + skip, .len = len - skip };
}

static bool listed(const struct word *w, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(w->text, list[i]) == 0)
			return true;
	return false;
}

static bool word_is(const struct word *w, const char *text, unsigned how, bool last)
{
	size_t len = strlen(text);

	if (w->len < len)
		return false;
	if (how & PART)
		return strstr(w->text, text) != NULL;
	if (how & END)
		return strcmp(w->text + w->len - len, text) == 0;
	return w->len == len && memcmp(w->text, text, len) == 0 && ((how & WORD) || last);
}

/* The bits of the rows that the word matches. */
static unsigned look_up(const struct word *w, bool last)
{
	unsigned found = 0;

	for (size_t i = 0; i < COUNT(words); i++)
		if (word_is(w, words[i].text, words[i].how, last))
			found |= words[i].how & KEYISH ? words[i].how : words[i].how | OTHER;
	return found;
}

static bool is_shell_dir(const uint8_t *s, size_t len)
{
	return (len == 3 && memcmp(s, "PWD", 3) == 0) || (len == 6 && memcmp(s, "OLDPWD", 6) == 0);
}

bool rd_secret(const uint8_t *s, size_t len, enum rd_place where)
{
	struct name n = name_of(s, len);
	bool public = false, off = false;
	unsigned found = 0;

	if (is_shell_dir(s, len))
		return false;
	while (next_word(&n)) {
		found |= look_up(&n.w, n.at == n.len);
		public |= strcmp(n.w.text, "public") == 0 || strcmp(n.w.text, "pub") == 0;
		off |= n.nwords == 1 && (strcmp(n.w.text, "no") == 0 || listed(&n.w, desktop, COUNT(desktop)));
	}
	if (strcmp(n.w.text, "id") == 0 && strcmp(n.before.text, "session") == 0)
		found |= OTHER;
	if (!found || off || (public && !(found & OTHER)))
		return false;
	if (found & STRONG)
		return true;
	if (n.nwords > 1 && listed(&n.w, about, COUNT(about)))
		return false;
	if (n.nwords == 1 && where != RD_NAME && (found & ALONE))
		return false;
	return !(n.nwords == 1 && where == RD_BARE && (found & ALONE_BARE));
}

bool rd_is_address(const uint8_t *s, size_t len)
{
	struct name n = name_of(s, len);

	while (next_word(&n))
		;
	return n.nwords > 0 && listed(&n.w, address, COUNT(address));
}

bool ph_redact_is_secret(const char *name, size_t len)
{
	return rd_secret((const uint8_t *)name, len, RD_NAME);
}
