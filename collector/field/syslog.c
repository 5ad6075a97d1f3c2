/* SPDX-License-Identifier: Apache-2.0 */
/* The syslog.* fields: messages that a process writes to the system's log socket, "<priority>text" (RFC 3164, section 4.1.1). */
#include "collector/field/field.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define MAX_DIGITS 3

struct message {
	unsigned priority;
	const char *text;
	size_t len;
};

static const char *const severities[] = { "emerg", "alert", "crit", "err", "warn", "notice", "info", "debug" };

static const char *const facilities[] = {
	"kern",	  "user",   "mail",	"daemon", "auth",   "syslog",	"lpr",	    "news",
	"uucp",	  "clock",  "authpriv", "ftp",	  "ntp",    "logaudit", "logalert", "cron",
	"local0", "local1", "local2",	"local3", "local4", "local5",	"local6",   "local7",
};

/* A write that succeeded, with the bytes of its message; they may end where the capture cut them. */
static bool is_message(const struct ph_event *ev)
{
	return (ev->info->flags & PH_EF_WRITES_TO_FD) && ev->has_res && ev->res >= 0 && ev->fd &&
	       strstr(ev->fd->name, "/dev/log");
}

static bool read_message(const struct ph_event *ev, struct message *m)
{
	int i = is_message(ev) ? ph_event_param_index(ev->info, "data", 4) : -1;
	const char *s, *end;
	size_t at = 1;

	if (!ph_event_has(ev, i) || ev->params[i].len < 3)
		return false;
	s = (const char *)ev->params[i].data;
	if (s[0] != '<')
		return false;
	m->priority = 0;
	for (; at < ev->params[i].len && s[at] >= '0' && s[at] <= '9' && at <= MAX_DIGITS; at++)
		m->priority = m->priority * 10 + (unsigned)(s[at] - '0');
	if (at == 1 || at == ev->params[i].len || s[at] != '>')
		return false;
	m->text = s + at + 1;
	m->len = ev->params[i].len - at - 1;
	end = memchr(m->text, '\0', m->len);
	if (end)
		m->len = (size_t)(end - m->text);
	return true;
}

static const char *severity(const struct message *m)
{
	return severities[m->priority % COUNT(severities)];
}

bool ph_syslog_line(struct ph_field_ctx *c, struct ph_text *t)
{
	struct message m;

	if (!read_message(c->ev, &m))
		return false;
	ph_text_str(t, "syslog sev=");
	ph_text_str(t, severity(&m));
	ph_text_str(t, " msg=");
	ph_text_put(t, m.text, m.len);
	return true;
}

enum { FACILITY, FACILITY_STR, SEVERITY, SEVERITY_STR, MESSAGE };

static bool get_message(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	struct message m;
	const char *word;

	if (!read_message(c->ev, &m))
		return false;
	switch (r->field->tag) {
	case FACILITY:
		v->u = m.priority / COUNT(severities);
		return true;
	case SEVERITY:
		v->u = m.priority % COUNT(severities);
		return true;
	case MESSAGE:
		return ph_value_str(v, m.text, m.len);
	case SEVERITY_STR:
		word = severity(&m);
		break;
	default:
		word = m.priority / COUNT(severities) < COUNT(facilities) ? facilities[m.priority / COUNT(severities)] :
									    "<NA>";
	}
	return ph_value_str(v, word, strlen(word));
}

#define STR PH_PT_CHARBUF, PH_PF_NA
#define U32 PH_PT_UINT32, PH_PF_DEC

/* clang-format off */
static const struct ph_field fields[] = {
	{ "syslog.facility.str", STR, 0, 0, 0, FACILITY_STR, get_message, "what kind of program the message is from, such as daemon, authpriv or local0" },
	{ "syslog.facility", U32, 0, 0, 0, FACILITY, get_message, "the same as a number, 0 to 23" },
	{ "syslog.severity.str", STR, 0, 0, 0, SEVERITY_STR, get_message, "how bad it is: emerg, alert, crit, err, warn, notice, info or debug" },
	{ "syslog.severity", U32, 0, 0, 0, SEVERITY, get_message, "the same as a number, 0 (emerg) to 7 (debug)" },
	{ "syslog.message", STR, 0, 0, 0, MESSAGE, get_message, "the text of the message" },
};
/* clang-format on */

const struct ph_field_class ph_class_syslog = { "syslog", "messages to syslog", "What processes write to /dev/log.",
						fields,	  COUNT(fields),	PH_OF_EVENT };
