/* SPDX-License-Identifier: Apache-2.0 */
/* The evt.* fields of messages that programs beside the kernel put into the stream: plugins, agents, container events. */
#include "collector/field/field.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static bool get_is_async(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	v->b = c->ev->type == PH_EV_ASYNCEVENT_E;
	return true;
}

static bool get_asynctype(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	uint32_t len;

	(void)r;
	if (c->ev->type != PH_EV_ASYNCEVENT_E)
		return false;
	v->s = ph_event_str(c->ev, ph_event_param_index(c->ev->info, "name", 4), &len);
	v->len = len;
	return len > 0;
}

enum { EVENT, ID, NAME, IMAGE };

#define SHORT_ID 12

static void trim(const char **s, size_t *len)
{
	for (; *len > 0 && (**s == ' ' || **s == '\t'); ++*s)
		--*len;
	while (*len > 0 && ((*s)[*len - 1] == ' ' || (*s)[*len - 1] == '\t'))
		--*len;
}

/* The value of "key: value" among parts that semicolons divide; what follows a second colon is no part of it. */
static bool part_of(const char *text, size_t len, const char *key, const char **s, size_t *n)
{
	size_t klen = strlen(key);

	while (len > 0) {
		const char *end = memchr(text, ';', len), *colon;
		size_t part = end ? (size_t)(end - text) : len;

		*s = text;
		*n = part;
		trim(s, n);
		colon = memchr(*s, ':', *n);
		if (colon && *n >= klen && memcmp(*s, key, klen) == 0) {
			*n -= (size_t)(colon + 1 - *s);
			*s = colon + 1;
			end = memchr(*s, ':', *n);
			*n = end ? (size_t)(end - *s) : *n;
			trim(s, n);
			return true;
		}
		text += part + (end != NULL);
		len -= part + (end != NULL);
	}
	return false;
}

static bool get_infra(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	static const char *const keys[] = { [EVENT] = "Event", [ID] = "ID", [NAME] = "name", [IMAGE] = "Image" };
	const char *text, *s, *at;
	uint32_t len;
	size_t n;

	if (c->ev->type != PH_EV_INFRASTRUCTURE_EVENT_E)
		return false;
	text = ph_event_str(c->ev, ph_event_param_index(c->ev->info, "description", 11), &len);
	if (!part_of(text, len, keys[r->field->tag], &s, &n))
		return false;
	if (r->field->tag == ID && n > SHORT_ID)
		n = SHORT_ID;
	at = r->field->tag == IMAGE ? memchr(s, '@', n) : NULL;
	return ph_value_str(v, s, at ? (size_t)(at - s) : n);
}

#define STR PH_PT_CHARBUF, PH_PF_NA

/* clang-format off */
static const struct ph_field fields[] = {
	{ "evt.is_async", PH_PT_BOOL, PH_PF_NA, 0, 0, 0, 0, get_is_async, "true for messages that a program beside the kernel put into the stream" },
	{ "evt.asynctype", STR, 0, 0, 0, 0, get_asynctype, "what such a message is called" },
	{ "evt.pluginname", STR, 0, 0, 0, 0, ph_field_no_value, "name of the plugin that the event is from; there are none here, so it is always missing" },
	{ "evt.plugininfo", STR, 0, 0, 0, 0, ph_field_no_value, "what that plugin says of its event; always missing" },
	{ "evt.infra.docker.name", STR, 0, PH_FF_HIDDEN, 0, EVENT, get_infra, "what an agent says that Docker did" },
	{ "evt.infra.docker.container.id", STR, 0, PH_FF_HIDDEN, 0, ID, get_infra, "id of the container that an agent's message is about" },
	{ "evt.infra.docker.container.name", STR, 0, PH_FF_HIDDEN, 0, NAME, get_infra, "its name" },
	{ "evt.infra.docker.container.image", STR, 0, PH_FF_HIDDEN, 0, IMAGE, get_infra, "its image, without a digest" },
};
/* clang-format on */

const struct ph_field_class ph_class_message = {
	"evt",
	"messages in the stream",
	"What programs beside the kernel put into the stream, or once did: agents, plugins.",
	fields,
	COUNT(fields),
	PH_OF_EVENT
};
