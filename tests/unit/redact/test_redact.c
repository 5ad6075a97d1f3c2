/* SPDX-License-Identifier: Apache-2.0 */
/* What is masked in environments, command lines, text and events, and what is not: each case is written before and after. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <jansson.h>
#include "collector/redact/redact.h"
#include "tests/unit/support/evbuild.h"

typedef size_t redact_fn(uint8_t *data, size_t len);

/* In cases '|' stands for NUL. */
struct redact_case {
	const char *in, *out;
};

static void bar_to_nul(char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] == '|')
			s[i] = '\0';
}

static void nul_to_bar(char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] == '\0')
			s[i] = '|';
}

/* In memory of exactly its size, so that a byte too far is seen. */
static void check(redact_fn *f, const struct redact_case *c)
{
	size_t len = strlen(c->in);
	char *got = malloc(len + 1), *want = strdup(c->out ? c->out : c->in);
	uint8_t *d = malloc(len ? len : 1);
	size_t places;

	memcpy(d, c->in, len);
	bar_to_nul((char *)d, len);
	places = f(d, len);
	memcpy(got, d, len);
	got[len] = '\0';
	nul_to_bar(got, len);
	assert_string_equal(got, want);
	assert_int_equal(places > 0, c->out != NULL);
	assert_int_equal(f(d, len), 0);
	free(d);
	free(got);
	free(want);
}

#define CHECK_ALL(f, cases)                                             \
	for (size_t i = 0; i < sizeof(cases) / sizeof((cases)[0]); i++) \
	check(f, &(cases)[i])

static void names_of_secrets_are_known_by_their_words(void **state)
{
	static const char *const secret[] = {
		"PASS",
		"DB_PASS",
		"DB_PASSWORD",
		"password",
		"dbPassword",
		"MYSQL_ROOT_PASSWORD",
		"PGPASSWORD",
		"MYSQL_PWD",
		"pwd",
		"ROOT_PASSWD",
		"CLIENT_SECRET",
		"clientSecret",
		"SECRET_KEY_BASE",
		"GITHUB_TOKEN",
		"authtoken",
		"API_KEY",
		"APIKey",
		"apikey",
		"x-api-key",
		"ACCESS_KEY_ID",
		"AWS_SECRET_ACCESS_KEY",
		"aws.secretKey",
		"KEY",
		"SSH_KEY",
		"CREDENTIALS",
		"GOOGLE_CREDENTIAL",
		"REDIS_AUTH",
		"PROXY_AUTHORIZATION",
		"ERLANG_COOKIE",
		"SESSION",
		"SESSION_ID",
		"PHPSESSID",
		"PRIVATE_KEY",
		"privateKey",
		"TLS_PRIVATE",
		"PASSWORD2",
		"SLACK_WEBHOOK_URL",
		"PASSPHRASE",
		"user.pw",
		"JWT",
		"keyStorePassword",
	};
	static const char *const harmless[] = {
		"",
		"_",
		"PWD",
		"OLDPWD",
		"HOME",
		"PATH",
		"KEYBOARD",
		"MONKEY",
		"KEYMAP",
		"HOTKEYS",
		"KEYCLOAK_URL",
		"COMPASS",
		"BYPASS",
		"AUTHOR",
		"XAUTHORITY",
		"SSH_AUTH_SOCK",
		"AUTH_TYPE",
		"OS_AUTH_URL",
		"TOKENIZER",
		"MAX_TOKENS",
		"MYSQL_ROOT_PASSWORD_FILE",
		"SECRET_NAME",
		"TOKEN_TTL",
		"XDG_SESSION_ID",
		"DESKTOP_SESSION",
		"DBUS_SESSION_BUS_ADDRESS",
		"PUBLIC_KEY",
		"SSH_PUBLIC_KEY",
		"PRIVATE_IP",
		"no-password",
		"password-stdin",
		"DATABASE_URL",
		"DSN",
		"COOKIE_DOMAIN",
		"PASSENGERS",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
		if (!ph_redact_is_secret(secret[i], strlen(secret[i])))
			fail_msg("%s should be a secret", secret[i]);
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (ph_redact_is_secret(harmless[i], strlen(harmless[i])))
			fail_msg("%s should be none", harmless[i]);
}

static void values_of_secret_variables_are_masked(void **state)
{
	static const struct redact_case cases[] = {
		{ "HOME=/root|DB_PASSWORD=hunter2|PATH=/bin", "HOME=/root|DB_PASSWORD=*******|PATH=/bin" },
		{ "API_KEY=a b=c;d\"e|X=1|", "API_KEY=*********|X=1|" },
		{ "PWD=/var/lib|OLDPWD=/tmp|MONKEY=banana|KEYBOARD=us", NULL },
		{ "PASSWORD=||TOKEN=", NULL },
		{ "DATABASE_URL=postgres://app:s3c@db:5432/x", "DATABASE_URL=postgres://app:***@db:5432/x" },
		{ "DSN=app:s3c@tcp(db:3306)/x", "DSN=app:***@tcp(db:3306)/x" },
		{ "DB_URL=db:5432/x", NULL },
		{ "DSN=host=db user=app password=s3c dbname=x", "DSN=host=db user=app password=*** dbname=x" },
		{ "CONN_STRING=Server=db;Pwd=s3c;Database=x", "CONN_STRING=Server=db;Pwd=***;Database=x" },
		{ "REDIS_URL=redis://:pw@r/0", "REDIS_URL=redis://:**@r/0" },
		{ "http_proxy=http://u:p%40w@proxy:3128/", "http_proxy=http://u:*****@proxy:3128/" },
		{ "TLS_KEY_FILE=/etc/tls/key.pem|POSTGRES_PASSWORD_FILE=/run/secrets/pg", NULL },
		{ "OPTS=-Dx=1 --token=abc", "OPTS=-Dx=1 --token=***" },
		{ "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_ACCESS_KEY_ID=********************" },
		{ "PASSWORD", NULL },
		{ "=x|==|A", NULL },
	};

	(void)state;
	CHECK_ALL(ph_redact_env, cases);
}

static void passwords_in_arguments_are_masked(void **state)
{
	static const struct redact_case cases[] = {
		{ "app|--password=hunter2|-v", "app|--password=*******|-v" },
		{ "app|--password|hunter2|file", "app|--password|*******|file" },
		{ "app|--password|--host|db", NULL },
		{ "app|--password-stdin|x", NULL },
		{ "java|-Djavax.net.ssl.keyStorePassword=pw|Main", "java|-Djavax.net.ssl.keyStorePassword=**|Main" },
		{ "mysql|-uroot|-psecret|-h|db", "mysql|-uroot|-p******|-h|db" },
		{ "/usr/bin/mysqldump|-psecret|db", "/usr/bin/mysqldump|-p******|db" },
		{ "mysql|-p|db", NULL },
		{ "ssh|-p22|host", NULL },
		{ "docker|run|-p8080:80|nginx", NULL },
		{ "docker|login|-u|me|-p|pw", "docker|login|-u|me|-p|**" },
		{ "docker|exec|db|mysqladmin|-psecret|ping", "docker|exec|db|mysqladmin|-p******|ping" },
		{ "curl|-u|user:pw|http://h/", "curl|-u|user:**|http://h/" },
		{ "curl|-su|user:pw|http://h/", "curl|-su|user:**|http://h/" },
		{ "curl|-uuser:pw|http://h/", "curl|-uuser:**|http://h/" },
		{ "curl|--user|user:pw", "curl|--user|user:**" },
		{ "curl|-u|user|http://h/", NULL },
		{ "git|-u|user:pw", NULL },
		{ "curl|-H|Authorization: Bearer abc.def|-H|Accept: */*",
		  "curl|-H|Authorization: **************|-H|Accept: */*" },
		{ "curl|https://u:pw@h:443/x?y=1", "curl|https://u:**@h:443/x?y=1" },
		{ "curl|-d|user=a&password=b c&x=1", "curl|-d|user=a&password=* c&x=1" },
		{ "env|DB_PASSWORD=a b|app", "env|DB_PASSWORD=***|app" },
		{ "sh|-c|mysql -uroot -psecret db | gzip", "sh|-c|mysql -uroot -p****** db | gzip" },
		{ "sh|-c|app --token 'a b' x", "sh|-c|app --token '***' x" },
		{ "sh|-c|curl -u u:pw \"http://h/\"", "sh|-c|curl -u u:** \"http://h/\"" },
		{ "sh|-c|exec env PASSWORD=\"a b\" app", "sh|-c|exec env PASSWORD=***** app" },
		{ "openssl|rsa|-passin|pass:abc", "openssl|rsa|-passin|********" },
		{ "redis-cli|-a|pw|ping", "redis-cli|-a|**|ping" },
		{ "tar|-p|x|--keyboard|us|--|-|", NULL },
		{ "git|clone|https://ghp_0123456789abcdefABCD@github.com/x",
		  "git|clone|https://ghp_********************@github.com/x" },
	};

	(void)state;
	CHECK_ALL(ph_redact_args, cases);
}

static void the_program_of_a_command_may_be_told_apart(void **state)
{
	uint8_t mysql[] = "-psecret\0-h", ssh[] = "-psecret\0-h";

	(void)state;
	assert_int_equal(ph_redact_command("/usr/bin/mysql", 14, mysql, sizeof(mysql) - 1), 1);
	assert_memory_equal(mysql, "-p******\0-h", sizeof(mysql));
	assert_int_equal(ph_redact_command("ssh", 3, ssh, sizeof(ssh) - 1), 0);
	assert_memory_equal(ssh, "-psecret\0-h", sizeof(ssh));
}

static void secrets_in_text_are_masked(void **state)
{
	static const struct redact_case cases[] = {
		{ "GET / HTTP/1.1\r\nAuthorization: Basic dTpw\r\nHost: h\r\n",
		  "GET / HTTP/1.1\r\nAuthorization: **********\r\nHost: h\r\n" },
		{ "proxy-authorization:abc\nCookie: a=b; c=d\nSet-Cookie: s=1; Path=/\nX-Api-Key: k\nX-Auth-Token: t\nAge: 3\n",
		  "proxy-authorization:***\nCookie: ********\nSet-Cookie: ***********\nX-Api-Key: *\nX-Auth-Token: *\nAge: 3\n" },
		{ "Cookie: a=b", "Cookie: ***" },
		{ "user=a&password=b&next=/", "user=a&password=*&next=/" },
		{ "/cb?access_token=abc&x=1 HTTP/1.1", "/cb?access_token=***&x=1 HTTP/1.1" },
		{ "{\"user\":\"a\",\"password\": \"b\\\"c\", \"n\":1}",
		  "{\"user\":\"a\",\"password\": \"****\", \"n\":1}" },
		{ "{\"client_secret\":\"abc\\\\\",\"x\":\"y\"}", "{\"client_secret\":\"*****\",\"x\":\"y\"}" },
		{ "{\"token\":12345,\"x\":1}", "{\"token\":*****,\"x\":1}" },
		{ "{\"a\":\"{\\\"token\\\":\\\"abc\\\",\\\"x\\\":1}\"}",
		  "{\"a\":\"{\\\"token\\\":\\\"***\\\",\\\"x\\\":1}\"}" },
		{ "{\"auths\":{\"r.io\":{\"auth\":\"dTpw\"}}}", "{\"auths\":{\"r.io\":{\"auth\":\"****\"}}}" },
		{ "{'api_key' => 'abc'}", "{'api_key' => '***'}" },
		{ "password: hunter2\nuser: me\n", "password: *******\nuser: me\n" },
		{ "<password>x y</password><user>z</user>", "<password>***</password><user>z</user>" },
		{ "key: 3, author: x, session=1 key=2", NULL },
		{ "std::token::next, token == x, auth: logged in", NULL },
		{ "/run/secrets/db-password:ro", NULL },
		{ "ftp://u:p:w@h/ x", "ftp://u:***@h/ x" },
		{ "http://h:80/a@b http://[::1]:80/ http://u@h/ see a:b@c", NULL },
		{ "{\"u\":\"pg:\\/\\/u:pw@h\\/x\"}", "{\"u\":\"pg:\\/\\/u:**@h\\/x\"}" },
		{ "db://u:p#w?@h/x http://h:80?m=a@b", "db://u:****@h/x http://h:80?m=a@b" },
		{ "x AKIAIOSFODNN7EXAMPLE y", "x AKIA**************** y" },
		{ "AKIAIOSFOD is short, XAKIAIOSFODNN7EXAMPLE is none", NULL },
		{ "t ghp_0123456789abcdefABCD. xoxb-123456789-abc", "t ghp_********************* xoxb-*************" },
		{ "github_pat_0123456789_abcdefABCD!", "github_pat_*********************!" },
		{ "b eyJhbGc.eyJzdWIi.sig-x c", "b eyJ******************* c" },
		{ "eyJust a word", NULL },
		{ "say \\nghp_0123456789abcdefABCD", "say \\nghp_********************" },
		{ "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----\nb",
		  "a\n-----BEGIN RSA PRIVATE KEY-----\n****\n****\n-----END RSA PRIVATE KEY-----\nb" },
		{ "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----\n", NULL },
		{ "MIIE\nabc=\n-----END PRIVATE KEY-----\nb", "****\n****\n-----END PRIVATE KEY-----\nb" },
		{ "plain text | with a NUL and nothing else: none=1", NULL },
	};

	(void)state;
	CHECK_ALL(ph_redact_text, cases);
}

static void what_is_cut_is_masked_to_the_end(void **state)
{
	static const struct redact_case cases[] = {
		{ "Authorization: Bea", "Authorization: ***" },
		{ "postgres://u:secr", "postgres://u:****" },
		{ "http://host:808", NULL },
		{ "{\"password\":\"hun", "{\"password\":\"***" },
		{ "-----BEGIN PRIVATE KEY-----\nMIIE", "-----BEGIN PRIVATE KEY-----\n****" },
		{ "-----BEGIN PRIVATE KE", NULL },
		{ "id AKIAIOSF", "id AKIA****" },
		{ "eyJhbGciOiJI", "eyJ*********" },
		{ "a=1&token=", NULL },
		{ "token=\\", "token=*" },
	};

	(void)state;
	CHECK_ALL(ph_redact_text, cases);
}

/* Every prefix of a text with all kinds of secrets: none of the secret bytes may show, and nothing is read behind the end. */
static void wherever_data_is_cut_a_password_does_not_show(void **state)
{
	static const char text[] =
		"POST /?token=QQQQ HTTP/1.1\r\nAuthorization: QQQQ\r\n\r\n{\"password\": \"QQQQ\\\"QQ\"}"
		" db://u:QQQQ@h/ -----BEGIN PRIVATE KEY-----\nQQQQ\n-----END PRIVATE KEY-----\n";

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		uint8_t *d = malloc(len ? len : 1);

		memcpy(d, text, len);
		ph_redact_text(d, len);
		assert_null(memchr(d, 'Q', len));
		free(d);
	}
}

static struct ph_event decoded(const struct ph_evt_hdr *hdr)
{
	struct ph_event ev;

	memset(&ev, 0, sizeof(ev));
	assert_int_equal(ph_event_decode(&ev, hdr), 0);
	return ev;
}

static void parameters_of_events_are_masked_by_their_kind(void **state)
{
	static const char args[] = "-psecret\0db", env[] = "HOME=/\0TOKEN=abc";
	struct evb *b = evb_new(PH_EV_SYSCALL_EXECVE_19_X, 7, 1);
	uint8_t *block;
	struct ph_event ev;
	uint32_t len;

	(void)state;
	evb_str(b, "exe", "/usr/bin/mysql");
	evb_bytes(b, "args", args, sizeof(args));
	evb_bytes(b, "env", env, sizeof(env));
	evb_str(b, "cwd", "/home/");
	evb_num(b, "fdlimit", 0x2a2a2a2a);
	evb_block(b);
	block = b->block;
	assert_int_equal(ph_redact_event(block, b->info, false), 2);
	ev = decoded((const struct ph_evt_hdr *)(const void *)block);
	assert_memory_equal(ev.params[evb_index(b, "args")].data, "-p******\0db", sizeof(args));
	assert_memory_equal(ev.params[evb_index(b, "env")].data, "HOME=/\0TOKEN=***", sizeof(env));
	assert_string_equal(ph_event_str(&ev, evb_index(b, "cwd"), &len), "/home/");
	assert_int_equal(ph_event_int(&ev, evb_index(b, "fdlimit")), 0x2a2a2a2a);
}

static void data_and_paths_of_events_are_masked(void **state)
{
	struct evb *b = evb_new(PH_EV_SYSCALL_WRITE_X, 7, 1);
	struct ph_event ev;
	uint32_t len;

	(void)state;
	evb_num(b, "res", 10);
	evb_bytes(b, "data", "token=abcd", 10);
	evb_num(b, "fd", 3);
	evb_block(b);
	assert_int_equal(ph_redact_event(b->block, b->info, false), 1);
	ev = decoded((const struct ph_evt_hdr *)(const void *)b->block);
	assert_memory_equal(ev.params[1].data, "token=****", 10);
	assert_int_equal(ph_event_int(&ev, 2), 3);

	b = evb_new(PH_EV_SYSCALL_OPEN_X, 7, 1);
	evb_str(b, "name", "/cache/https://u:pw@h/x");
	evb_block(b);
	assert_int_equal(ph_redact_event(b->block, b->info, false), 1);
	ev = decoded((const struct ph_evt_hdr *)(const void *)b->block);
	assert_string_equal(ph_event_str(&ev, 1, &len), "/cache/https://u:**@h/x");
}

static void container_records_stay_json(void **state)
{
	static const char json[] =
		"{\"container\":{\"id\":\"abc\",\"labels\":{\"db.password\":\"a\\\"b\\\\\",\"url\":\"x://u:p\\u0041w@h\","
		"\"cfg\":\"{\\\"token\\\":\\\"a\\\\\\\"b\\\"}\"},"
		"\"env\":[\"API_KEY=a\\\\\\\"b\",\"H=Authorization: x\\ny\"],\"pwd\":12}}";
	static const char want[] =
		"{\"container\":{\"id\":\"abc\",\"labels\":{\"db.password\":\"******\",\"url\":\"x://u:********@h\","
		"\"cfg\":\"{\\\"token\\\":\\\"******\\\"}\"},"
		"\"env\":[\"API_KEY=*\\\\\\\"b\",\"H=Authorization: ****\"],\"pwd\":12}}";
	struct evb *b = evb_new(PH_EV_CONTAINER_JSON_2_E, -1, 1);
	struct ph_event ev;
	json_t *j;
	uint32_t len;

	(void)state;
	evb_str(b, "json", json);
	evb_block(b);
	assert_true(ph_redact_event(b->block, b->info, true) >= 4);
	ev = decoded((const struct ph_evt_hdr *)(const void *)b->block);
	assert_string_equal(ph_event_str(&ev, 0, &len), want);
	j = json_loads((const char *)ev.params[0].data, 0, NULL);
	assert_non_null(j);
	json_decref(j);
}

/* Pieces that the maskers know, and what is hard between them. */
static const char *const pieces[] = {
	"password", "token",  "=",	 ":",	    "\"",
	"'",	    "\\",     "\\\\",	 "\\\"",    " ",
	"\n",	    "\\n",    "\\u0041", "://u:",   "@",
	"AKIA",	    "eyJ",    ".",	 "Cookie",  "&",
	"AB12",	    "<",      ">",	 "-----",   "BEGIN PRIVATE KEY-----",
	"END ",	    "xoxb-1", "\\t",	 "api_key", "x",
	"[",	    "}",      ",",	 "*",	    "/",
};

static size_t random_text(char *out, size_t size)
{
	size_t n = 0;

	for (unsigned i = 0; i < 24; i++) {
		const char *p = pieces[(unsigned)rand() % (sizeof(pieces) / sizeof(pieces[0]))];

		if (n + strlen(p) < size)
			n += strlen(strcpy(out + n, p));
	}
	return n;
}

static void random_strings_of_json_stay_strings(void **state)
{
	unsigned valid = 0;

	(void)state;
	srand(1);
	for (unsigned i = 0; i < 60000; i++) {
		struct evb *b = evb_new(PH_EV_CONTAINER_JSON_E, -1, 1);
		char text[512] = "{\"a\":\"", copy[512];
		size_t n = 6;
		json_t *j;

		n += random_text(text + n, sizeof(text) - 8);
		strcpy(text + n, "\"}");
		j = json_loads(text, JSON_ALLOW_NUL, NULL);
		if (!j)
			continue;
		json_decref(j);
		valid++;
		strcpy(copy, text);
		evb_str(b, "json", text);
		evb_block(b);
		ph_redact_event(b->block, b->info, false);
		memcpy(text, b->block + sizeof(struct ph_evt_hdr) + 2, n + 2);
		j = json_loads(text, 0, NULL);
		if (!j)
			fail_msg("not JSON any more:\n%s\n%s", copy, text);
		json_decref(j);
	}
	assert_true(valid > 100);
}

static void random_bytes_keep_their_places(void **state)
{
	static redact_fn *const fns[] = { ph_redact_env, ph_redact_args, ph_redact_text };

	(void)state;
	srand(2);
	for (unsigned i = 0; i < 60000; i++) {
		char text[512];
		size_t n = random_text(text, sizeof(text));
		uint8_t *d = malloc(n);

		for (size_t k = 0; k < n; k++)
			if (rand() % 40 == 0)
				text[k] = (char)(rand() % 3 ? rand() : 0);
		memcpy(d, text, n);
		fns[i % 3](d, n);
		for (size_t k = 0; k < n; k++)
			assert_true(d[k] == (uint8_t)text[k] || (d[k] == '*' && text[k] != '\0' && text[k] != '\n'));
		free(d);
	}
}

static double seconds(redact_fn *f, const char *piece, size_t len)
{
	uint8_t *d = malloc(len);
	size_t n = strlen(piece);
	struct timespec a, b;

	for (size_t i = 0; i < len; i++)
		d[i] = (uint8_t)piece[i % n];
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	f(d, len);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	free(d);
	return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

/* Twice the square root of the work would be seen: 4 MB take a fraction of a second when it is linear, hours otherwise. */
static void no_input_takes_more_than_linear_time(void **state)
{
	static const char *const hostile[] = { "a",
					       "\\",
					       "\"",
					       "'",
					       "a\\",
					       "a\"",
					       ":",
					       "a://",
					       "a://b:",
					       "a://1:1?",
					       "-----BEGIN ",
					       "-----END ",
					       "-",
					       "eyJ.",
					       "AKIA",
					       "a=",
					       "\n",
					       "a:  ",
					       "password",
					       "token=",
					       "token:",
					       "token ",
					       "<token>",
					       "<a>",
					       "\"token\":",
					       "a b'",
					       "-----BEGIN PRIVATE KEY-----",
					       "\n-----END PRIVATE KEY-----",
					       "--x ",
					       "token\\\"" };
	static redact_fn *const fns[] = { ph_redact_env, ph_redact_args, ph_redact_text };

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
		for (size_t k = 0; k < 3; k++)
			if (seconds(fns[k], hostile[i], 1 << 20) > 5)
				fail_msg("4 MB of '%s' take too long", hostile[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_secrets_are_known_by_their_words),
		cmocka_unit_test(values_of_secret_variables_are_masked),
		cmocka_unit_test(passwords_in_arguments_are_masked),
		cmocka_unit_test(the_program_of_a_command_may_be_told_apart),
		cmocka_unit_test(secrets_in_text_are_masked),
		cmocka_unit_test(what_is_cut_is_masked_to_the_end),
		cmocka_unit_test(wherever_data_is_cut_a_password_does_not_show),
		cmocka_unit_test(parameters_of_events_are_masked_by_their_kind),
		cmocka_unit_test(data_and_paths_of_events_are_masked),
		cmocka_unit_test(container_records_stay_json),
		cmocka_unit_test(random_strings_of_json_stay_strings),
		cmocka_unit_test(random_bytes_keep_their_places),
		cmocka_unit_test(no_input_takes_more_than_linear_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
