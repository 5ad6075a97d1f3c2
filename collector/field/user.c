/* SPDX-License-Identifier: Apache-2.0 */
/* The user.* and group.* fields: on whose behalf the thread works. */
#include "collector/field/field.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum { NAME, HOME, SHELL, LOGINNAME };

static bool get_uid(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	if (!c->ev->thread)
		return false;
	v->u = c->ev->thread->uid;
	return true;
}

static bool get_loginuid(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	if (!c->ev->thread)
		return false;
	v->i = (int32_t)c->ev->thread->proc->loginuid;
	return true;
}

static bool get_user(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_thread *t = c->ev->thread;
	const struct ph_user *u;
	const char *s;

	if (!t || !c->opts.state)
		return false;
	u = ph_state_user(c->opts.state, t, r->field->tag == LOGINNAME ? t->proc->loginuid : t->uid);
	if (!u)
		return false;
	s = r->field->tag == HOME ? u->home : r->field->tag == SHELL ? u->shell : u->name;
	return s && ph_value_str(v, s, strlen(s));
}

static bool get_gid(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)r;
	if (!c->ev->thread)
		return false;
	v->u = c->ev->thread->gid;
	return true;
}

static bool get_group(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_thread *t = c->ev->thread;
	const struct ph_group *g = t && c->opts.state ? ph_state_group(c->opts.state, t, t->gid) : NULL;

	(void)r;
	return g && g->name && ph_value_str(v, g->name, strlen(g->name));
}

/* clang-format off */
static const struct ph_field user_fields[] = {
	{ "user.uid", PH_PT_UINT32, PH_PF_ID, 0, 0, 0, 0, get_uid, "user id of the thread" },
	{ "user.name", PH_PT_CHARBUF, PH_PF_NA, 0, PH_FF_MADE, 0, NAME, get_user, "name of the user, by the container's passwd file where there is one" },
	{ "user.homedir", PH_PT_CHARBUF, PH_PF_NA, 0, PH_FF_MADE, 0, HOME, get_user, "home directory of the user" },
	{ "user.shell", PH_PT_CHARBUF, PH_PF_NA, 0, PH_FF_MADE, 0, SHELL, get_user, "login shell of the user" },
	{ "user.loginuid", PH_PT_INT64, PH_PF_ID, 0, 0, 0, 0, get_loginuid, "id of the user who logged in (audit), -1 when nobody did" },
	{ "user.loginname", PH_PT_CHARBUF, PH_PF_NA, 0, PH_FF_MADE, 0, LOGINNAME, get_user, "name of the user who logged in" },
};
/* clang-format on */

/* clang-format off */
static const struct ph_field group_fields[] = {
	{ "group.gid", PH_PT_UINT32, PH_PF_ID, 0, 0, 0, 0, get_gid, "group id of the thread" },
	{ "group.name", PH_PT_CHARBUF, PH_PF_NA, 0, PH_FF_MADE, 0, 0, get_group, "name of the group" },
};
/* clang-format on */

const struct ph_field_class ph_class_user = {
	"user", "users", "The user on whose behalf the thread works.", user_fields, COUNT(user_fields), PH_OF_THREAD
};
const struct ph_field_class ph_class_group = {
	"group", "groups", "The group of the thread.", group_fields, COUNT(group_fields), PH_OF_THREAD
};
