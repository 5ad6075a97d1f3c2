/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets: kinds, names, roles; descriptors in control messages. */
#include "tests/unit/support/state_fixture.h"

#include <sys/socket.h>

static const uint8_t me[16] = { 10, 0, 0, 1 }, you[16] = { 10, 0, 0, 2 }, other[16] = { 10, 0, 0, 3 };

static void do_socket(struct fix *f, int64_t fd, int64_t domain, int64_t type)
{
	struct evb *b = event(f, PH_EV_SOCKET_SOCKET_X, 100);

	evb_num(b, "fd", fd);
	evb_num(b, "domain", domain);
	evb_num(b, "type", type);
	evb_num(b, "proto", 0);
	run(f, b);
}

static void set_tuple(struct evb *b, const uint8_t *sip, uint16_t sport, const uint8_t *dip, uint16_t dport)
{
	uint8_t t[13];

	evb_bytes(b, "tuple", t, evb_tuple4(t, sip, sport, dip, dport));
}

static struct evb *connect_event_to(struct fix *f, int64_t fd, int64_t res, const uint8_t *peer)
{
	struct evb *b = call(f, PH_EV_SOCKET_CONNECT_X, 100, res, fd);

	set_tuple(b, me, 40000, peer, 80);
	return b;
}

static struct evb *connect_event(struct fix *f, int64_t fd, int64_t res)
{
	return connect_event_to(f, fd, res, you);
}

static void do_bind(struct fix *f, int64_t fd, const uint8_t ip[4], uint16_t port)
{
	struct evb *b = call(f, PH_EV_SOCKET_BIND_X, 100, 0, fd);
	uint8_t addr[7] = { AF_INET };

	memcpy(addr + 1, ip, 4);
	memcpy(addr + 5, &port, 2);
	evb_bytes(b, "addr", addr, sizeof(addr));
	run(f, b);
}

static struct evb *msg(struct fix *f, unsigned type, int64_t fd, const uint8_t *sip, uint16_t sport, const uint8_t *dip,
		       uint16_t dport)
{
	struct evb *b = call(f, type, 100, 5, fd);

	set_tuple(b, sip, sport, dip, dport);
	return b;
}

static void a_socket_has_a_kind_and_no_name(void **s)
{
	static const struct {
		int domain, type;
		uint8_t kind, l4;
	} cases[] = {
		{ AF_INET, SOCK_STREAM | SOCK_CLOEXEC, PH_FD_IPV4, PH_L4_TCP },
		{ AF_INET6, SOCK_DGRAM, PH_FD_IPV6, PH_L4_UDP },
		{ AF_INET, SOCK_RAW, PH_FD_IPV4, PH_L4_RAW },
		{ AF_UNIX, SOCK_STREAM, PH_FD_UNIX, PH_L4_NA },
		{ AF_NETLINK, SOCK_RAW, PH_FD_NETLINK, PH_L4_NA },
		{ AF_PACKET, SOCK_RAW, PH_FD_UNSUPPORTED, PH_L4_NA },
	};
	struct fix *f = *s;

	do_process(f, 100, "/");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		do_socket(f, 3, cases[i].domain, cases[i].type);
		assert_int_equal(fd_of(f, 100, 3)->type, cases[i].kind);
		assert_int_equal(fd_of(f, 100, 3)->l4, cases[i].l4);
		assert_string_equal(fd_name(f, 100, 3), "");
		assert_int_equal(!!(fd_of(f, 100, 3)->flags & PH_FDF_CLOEXEC), i == 0);
	}
}

static void connect_names_the_client(void **s)
{
	struct fix *f = *s;
	struct ph_event *ev;

	do_process(f, 100, "/");
	do_socket(f, 3, AF_INET, SOCK_STREAM);
	ev = begin(f, connect_event(f, 3, 0));
	assert_string_equal(ev->fd->name, "10.0.0.1:40000->10.0.0.2:80");
	assert_true(ev->fd->flags & PH_FDF_NAME_CHANGED);
	end(f);
	assert_int_equal(fd_of(f, 100, 3)->flags, PH_FDF_ROLE_CLIENT | PH_FDF_CONNECTED);
	assert_int_equal(fd_of(f, 100, 3)->dport, 80);
	assert_memory_equal(fd_of(f, 100, 3)->dip, you, 4);
}

static void a_pending_connect_counts_and_a_refused_one_does_not(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_socket(f, 3, AF_INET, SOCK_STREAM);
	run(f, connect_event(f, 3, -ECONNREFUSED)); /* the socket has no peer: whom it was for is in the event */
	assert_string_equal(fd_name(f, 100, 3), "");
	assert_int_equal(fd_of(f, 100, 3)->flags, 0);
	run(f, connect_event(f, 3, -EINPROGRESS));
	assert_string_equal(fd_name(f, 100, 3), "10.0.0.1:40000->10.0.0.2:80");
	assert_true(fd_of(f, 100, 3)->flags & PH_FDF_CONNECTED);
}

static void a_failed_connect_leaves_the_peer_of_a_connected_socket(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_socket(f, 3, AF_INET, SOCK_STREAM);
	run(f, connect_event(f, 3, 0));
	run(f, connect_event_to(f, 3, -EISCONN, other));
	assert_string_equal(fd_name(f, 100, 3), "10.0.0.1:40000->10.0.0.2:80");
}

static void connect_on_an_unknown_descriptor_makes_it_known(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	run(f, connect_event(f, 3, 0));
	assert_string_equal(fd_name(f, 100, 3), "10.0.0.1:40000->10.0.0.2:80");
}

static void bind_makes_a_server(void **s)
{
	static const uint8_t any[4];
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_socket(f, 3, AF_INET, SOCK_STREAM);
	do_bind(f, 3, any, 0);
	assert_string_equal(fd_name(f, 100, 3), "");
	do_bind(f, 3, any, 8080);
	assert_string_equal(fd_name(f, 100, 3), "0.0.0.0:8080");
	assert_int_equal(fd_of(f, 100, 3)->type, PH_FD_IPV4_SERVER);
	assert_int_equal(fd_of(f, 100, 3)->dport, 8080);
	run(f, call(f, PH_EV_SOCKET_LISTEN_X, 100, 0, 3));
	assert_true(fd_of(f, 100, 3)->flags & PH_FDF_LISTENING);
}

static void bind_names_ipv6_and_unix_servers(void **s)
{
	struct fix *f = *s;
	struct evb *b;
	uint8_t addr[19] = { AF_INET6 };
	uint16_t port = 443;

	do_process(f, 100, "/");
	do_socket(f, 3, AF_INET6, SOCK_STREAM);
	memcpy(addr + 17, &port, 2);
	b = call(f, PH_EV_SOCKET_BIND_X, 100, 0, 3);
	evb_bytes(b, "addr", addr, sizeof(addr));
	run(f, b);
	assert_string_equal(fd_name(f, 100, 3), ":::443");
	do_socket(f, 4, AF_UNIX, SOCK_STREAM);
	b = call(f, PH_EV_SOCKET_BIND_X, 100, 0, 4);
	evb_bytes(b, "addr", "\1/run/x.sock", 13);
	run(f, b);
	assert_string_equal(fd_name(f, 100, 4), "/run/x.sock");
}

static void accept_names_the_client_first(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/");
	b = event(f, PH_EV_SOCKET_ACCEPT4_6_X, 100);
	evb_num(b, "fd", 7);
	set_tuple(b, you, 50000, me, 80);
	evb_num(b, "flags", SOCK_CLOEXEC);
	run(f, b);
	assert_string_equal(fd_name(f, 100, 7), "10.0.0.2:50000->10.0.0.1:80");
	assert_int_equal(fd_of(f, 100, 7)->flags, PH_FDF_ROLE_SERVER | PH_FDF_CONNECTED | PH_FDF_CLOEXEC);
	assert_int_equal(fd_of(f, 100, 7)->l4, PH_L4_TCP);
}

static void ipv4_over_ipv6_is_ipv4(void **s)
{
	uint8_t a[16] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 1 }, z[16] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 2 },
		t[37];
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/");
	b = event(f, PH_EV_SOCKET_ACCEPT_5_X, 100);
	evb_num(b, "fd", 7);
	evb_bytes(b, "tuple", t, evb_tuple6(t, z, 50000, a, 80));
	run(f, b);
	assert_int_equal(fd_of(f, 100, 7)->type, PH_FD_IPV4);
	assert_string_equal(fd_name(f, 100, 7), "10.0.0.2:50000->10.0.0.1:80");
}

static void ipv6_names_have_no_brackets(void **s)
{
	uint8_t a[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 }, z[16] = { [15] = 1 }, t[37];
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/");
	b = call(f, PH_EV_SOCKET_CONNECT_X, 100, 0, 3);
	evb_bytes(b, "tuple", t, evb_tuple6(t, a, 1, z, 2));
	run(f, b);
	assert_string_equal(fd_name(f, 100, 3), "2001:db8::1:1->::1:2");
}

static void unix_names_have_both_addresses_and_the_path(void **s)
{
	struct fix *f = *s;
	struct evb *b;
	uint8_t t[126];

	do_process(f, 100, "/");
	do_socket(f, 3, AF_UNIX, SOCK_STREAM);
	b = call(f, PH_EV_SOCKET_CONNECT_X, 100, 0, 3);
	evb_bytes(b, "tuple", t, evb_tuple_unix(t, 0, 0xffff8edcfda06800, "/var/run/nscd/socket"));
	run(f, b);
	assert_string_equal(fd_name(f, 100, 3), "0->ffff8edcfda06800 /var/run/nscd/socket");
}

static void a_datagram_socket_is_renamed_with_its_peer(void **s)
{
	struct fix *f = *s;
	struct ph_event *ev;

	do_process(f, 100, "/");
	do_socket(f, 3, AF_INET, SOCK_DGRAM);
	ev = begin(f, msg(f, PH_EV_SOCKET_SENDTO_X, 3, me, 5000, you, 53));
	assert_true(ev->fd->flags & PH_FDF_NAME_CHANGED);
	end(f);
	assert_string_equal(fd_name(f, 100, 3), "10.0.0.1:5000->10.0.0.2:53");
	ev = begin(f, msg(f, PH_EV_SOCKET_RECVFROM_X, 3, you, 53, me, 5000));
	assert_false(ev->fd->flags & PH_FDF_NAME_CHANGED);
	end(f);
	assert_string_equal(fd_name(f, 100, 3), "10.0.0.1:5000->10.0.0.2:53");
	run(f, msg(f, PH_EV_SOCKET_SENDMSG_X, 3, me, 5000, other, 53));
	assert_string_equal(fd_name(f, 100, 3), "10.0.0.1:5000->10.0.0.3:53");
}

static void a_datagram_server_keeps_the_client_first(void **s)
{
	static const uint8_t any[4];
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_socket(f, 3, AF_INET, SOCK_DGRAM);
	do_bind(f, 3, any, 53);
	run(f, msg(f, PH_EV_SOCKET_RECVFROM_X, 3, you, 5000, me, 53));
	assert_string_equal(fd_name(f, 100, 3), "10.0.0.2:5000->10.0.0.1:53");
	run(f, msg(f, PH_EV_SOCKET_SENDTO_X, 3, me, 53, you, 5000));
	assert_string_equal(fd_name(f, 100, 3), "10.0.0.2:5000->10.0.0.1:53");
	run(f, msg(f, PH_EV_SOCKET_SENDTO_X, 3, me, 53, other, 6000));
	assert_string_equal(fd_name(f, 100, 3), "10.0.0.3:6000->10.0.0.1:53");
	assert_int_equal(fd_of(f, 100, 3)->l4, PH_L4_UDP);
}

static void a_failed_send_renames_nothing(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/");
	do_socket(f, 3, AF_INET, SOCK_DGRAM);
	b = msg(f, PH_EV_SOCKET_SENDTO_X, 3, me, 5000, you, 53);
	evb_num(b, "res", -11);
	run(f, b);
	assert_string_equal(fd_name(f, 100, 3), "");
}

static void an_unknown_descriptor_that_sends_is_taken_for_udp(void **s)
{
	struct fix *f = *s;

	do_process(f, 100, "/");
	run(f, msg(f, PH_EV_SOCKET_SENDTO_X, 3, me, 5000, you, 53));
	assert_int_equal(fd_of(f, 100, 3)->l4, PH_L4_UDP);
}

static void a_socketpair_has_both_ends(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/");
	b = event(f, PH_EV_SOCKET_SOCKETPAIR_X, 100);
	evb_num(b, "res", 0);
	evb_num(b, "fd1", 3);
	evb_num(b, "fd2", 4);
	evb_num(b, "source", 0x10);
	evb_num(b, "peer", 0x20);
	evb_num(b, "domain", AF_UNIX);
	evb_num(b, "type", SOCK_STREAM | SOCK_CLOEXEC);
	run(f, b);
	assert_int_equal(fd_of(f, 100, 3)->unix_src, 0x10);
	assert_int_equal(fd_of(f, 100, 4)->unix_src, 0x20);
	assert_true(fd_of(f, 100, 4)->flags & PH_FDF_CLOEXEC);
}

static void a_socketpair_is_not_named_by_what_it_carries(void **s)
{
	struct fix *f = *s;
	struct evb *b;
	uint8_t t[126];

	a_socketpair_has_both_ends(s);
	for (int fd = 3; fd <= 4; fd++) {
		b = call(f, PH_EV_SOCKET_SENDMSG_X, 100, 1, fd);
		evb_bytes(b, "tuple", t, evb_tuple_unix(t, 0x20, 0x10, ""));
		run(f, b);
		assert_string_equal(fd_name(f, 100, fd), "");
	}
}

static void a_forked_server_and_its_child_are_named_apart(void **s)
{
	struct fix *f = *s;

	do_process(f, 101, "/");
	run(f, fork_event(f, 101, 100, 100, 0, NULL));
	do_socket(f, 3, AF_INET, SOCK_STREAM);
	run(f, fork_event(f, 100, 102, 102, 0, NULL));
	run(f, connect_event(f, 3, 0));
	assert_string_equal(fd_name(f, 100, 3), "10.0.0.1:40000->10.0.0.2:80");
	assert_string_equal(fd_name(f, 102, 3), "");
}

static void tuples_that_are_too_short_are_ignored(void **s)
{
	uint8_t t[126] = { 0 };
	struct fix *f = *s;

	do_process(f, 100, "/");
	do_socket(f, 3, AF_INET, SOCK_STREAM);
	for (int family = 0; family < 12; family++)
		for (size_t len = 0; len < (family == AF_INET6 ? 37u : family == AF_INET ? 13u : 17u); len++) {
			struct evb *b = call(f, PH_EV_SOCKET_CONNECT_X, 100, 0, 3);

			t[0] = (uint8_t)family;
			evb_bytes(b, "tuple", t, len);
			run(f, b);
			b = call(f, PH_EV_SOCKET_BIND_X, 100, 0, 3);
			evb_bytes(b, "addr", t, len > 6 ? 6 : len);
			run(f, b);
		}
	assert_true(fd_of(f, 100, 3)->sport == 0);
}

/* --- control messages */

static size_t cmsg(uint8_t *out, uint64_t len, int level, int type, const int *fds, size_t n)
{
	memcpy(out, &len, 8);
	memcpy(out + 8, &level, 4);
	memcpy(out + 12, &type, 4);
	memcpy(out + 16, fds, n * 4);
	return (16 + n * 4 + 7) & ~7u;
}

static void do_recvmsg(struct fix *f, const uint8_t *control, size_t len)
{
	struct evb *b = call(f, PH_EV_SOCKET_RECVMSG_X, 100, 1, 3);

	evb_bytes(b, "msgcontrol", control, len);
	run(f, b);
}

static void received_descriptors_are_known(void **s)
{
	static const int fds[] = { 8, 9 }, cred[] = { 1, 2, 3 };
	struct fix *f = *s;
	uint8_t c[256] = { 0 };
	size_t n;

	do_process(f, 100, "/");
	do_socket(f, 3, AF_UNIX, SOCK_STREAM);
	do_open(f, 100, 8, "/stale");
	n = cmsg(c, 28, SOL_SOCKET, SCM_CREDENTIALS, cred, 3);
	n += cmsg(c + n, 24, SOL_SOCKET, SCM_RIGHTS, fds, 2);
	do_recvmsg(f, c, n);
	assert_non_null(fd_of(f, 100, 8));
	assert_int_equal(fd_of(f, 100, 8)->type, PH_FD_UNKNOWN);
	assert_string_equal(fd_name(f, 100, 8), "");
	assert_non_null(fd_of(f, 100, 9));
	assert_null(fd_of(f, 100, 1));
}

static void control_messages_of_32_bit_callers_are_read(void **s)
{
	struct fix *f = *s;
	struct {
		uint32_t len, level, type, fd;
	} c = { 16, SOL_SOCKET, SCM_RIGHTS, 12 };

	do_process(f, 100, "/");
	do_recvmsg(f, (uint8_t *)&c, sizeof(c));
	assert_non_null(fd_of(f, 100, 12));
}

static void lying_control_messages_do_no_harm(void **s)
{
	static const uint64_t lens[] = { 0,  1,	 15,   16,	  17,	      19,	 20,
					 21, 24, 4096, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX };
	static const int fds[] = { -1, INT32_MAX, 3, INT32_MIN, 3, 3 };
	struct fix *f = *s;
	uint8_t c[256] = { 0 };

	do_process(f, 100, "/");
	do_socket(f, 3, AF_UNIX, SOCK_STREAM);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		size_t n = cmsg(c, lens[i], SOL_SOCKET, SCM_RIGHTS, fds, 6);

		for (size_t len = 0; len <= n; len++)
			do_recvmsg(f, c, len);
	}
	assert_true(ph_state_fd_count(f->st, thread(f, 100)) <= 2);
}

static struct evb *passed(struct fix *f, unsigned type, int64_t fd, const char *path)
{
	struct evb *b = event(f, type, 100);

	evb_num(b, "fd", fd);
	if (path)
		evb_str(b, "path", path);
	return b;
}

static void a_received_descriptor_is_what_the_record_in_front_of_the_call_says(void **s)
{
	static const int fds[] = { 8, 9 };
	struct fix *f = *s;
	uint8_t c[256] = { 0 };
	struct evb *b;
	size_t n = cmsg(c, 24, SOL_SOCKET, SCM_RIGHTS, fds, 2);

	do_process(f, 100, "/");
	do_open(f, 100, 8, "/stale");
	b = passed(f, PH_EV_ITER_TASK_FILE_REGULAR_E, 8, "/a");
	evb_num(b, "flags", 0x1001);
	evb_num(b, "ino_num", 77);
	run(f, b);
	run(f, passed(f, PH_EV_ITER_TASK_FILE_DIRECTORY_E, 9, "/d"));
	do_recvmsg(f, c, n);
	assert_string_equal(fd_name(f, 100, 8), "/a");
	assert_int_equal(fd_of(f, 100, 8)->ino, 77);
	assert_true(fd_of(f, 100, 8)->flags & PH_FDF_CLOEXEC);
	assert_int_equal(fd_of(f, 100, 9)->type, PH_FD_DIRECTORY);
	assert_string_equal(fd_name(f, 100, 9), "/d");
	do_recvmsg(f, c, n); /* the same numbers once more, and nothing said of them */
	assert_int_equal(fd_of(f, 100, 8)->type, PH_FD_UNKNOWN);
}

static void received_descriptors_without_a_path_have_their_kind(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/");
	run(f, passed(f, PH_EV_ITER_TASK_FILE_PIPE_E, 3, "pipe:[5]"));
	run(f, passed(f, PH_EV_ITER_TASK_FILE_MEMFD_E, 4, "/memfd:m (deleted)"));
	b = passed(f, PH_EV_ITER_TASK_FILE_ANON_INODE_E, 5, "anon_inode:[eventfd]");
	evb_num(b, "fd_type", 1);
	run(f, b);
	b = passed(f, PH_EV_ITER_TASK_FILE_ANON_INODE_E, 6, "anon_inode:[new]");
	evb_num(b, "fd_type", 200);
	run(f, b);
	assert_int_equal(fd_of(f, 100, 3)->type, PH_FD_FIFO);
	assert_string_equal(fd_name(f, 100, 3), "");
	assert_int_equal(fd_of(f, 100, 4)->type, PH_FD_MEMFD);
	assert_string_equal(fd_name(f, 100, 4), "m");
	assert_int_equal(fd_of(f, 100, 5)->type, PH_FD_EVENT);
	assert_int_equal(fd_of(f, 100, 6)->type, PH_FD_UNSUPPORTED);
}

static void received_sockets_have_their_addresses(void **s)
{
	static const uint8_t local[4] = { 10, 0, 0, 1 }, remote[4] = { 10, 0, 0, 2 };
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/");
	b = passed(f, PH_EV_ITER_TASK_FILE_SOCKET_INET_E, 3, NULL);
	evb_num(b, "sk_type", SOCK_STREAM);
	evb_num(b, "sk_proto", 6);
	evb_bytes(b, "local_ip", local, 4);
	evb_num(b, "local_port", 80);
	evb_bytes(b, "remote_ip", remote, 4);
	evb_num(b, "remote_port", 40000);
	run(f, b);
	assert_string_equal(fd_name(f, 100, 3), "10.0.0.2:40000->10.0.0.1:80");
	assert_int_equal(fd_of(f, 100, 3)->l4, PH_L4_TCP);
	assert_true(fd_of(f, 100, 3)->flags & PH_FDF_ROLE_SERVER);
	b = passed(f, PH_EV_ITER_TASK_FILE_SOCKET_INET_E, 4, NULL);
	evb_num(b, "sk_type", SOCK_STREAM);
	evb_num(b, "sk_proto", 6);
	evb_bytes(b, "local_ip", local, 4);
	evb_num(b, "local_port", 80);
	run(f, b);
	assert_int_equal(fd_of(f, 100, 4)->type, PH_FD_IPV4_SERVER);
	assert_true(fd_of(f, 100, 4)->flags & PH_FDF_LISTENING);
	b = passed(f, PH_EV_ITER_TASK_FILE_SOCKET_UNIX_E, 5, NULL);
	evb_num(b, "sk_pointer", 0xabc);
	evb_str(b, "sun_path", "/run/s");
	run(f, b);
	assert_string_equal(fd_name(f, 100, 5), "abc->0 /run/s");
	run(f, passed(f, PH_EV_ITER_TASK_FILE_SOCKET_NETLINK_E, 6, NULL));
	assert_int_equal(fd_of(f, 100, 6)->type, PH_FD_NETLINK);
}

static void a_received_descriptor_is_in_the_table_that_threads_share(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/");
	do_thread(f, 100, 101);
	b = passed(f, PH_EV_ITER_TASK_FILE_DIRECTORY_E, 3, "/d");
	b->tid = 101;
	run(f, b);
	assert_string_equal(fd_name(f, 100, 3), "/d");
}

static void a_descriptor_got_by_pidfd_is_what_the_record_says(void **s)
{
	struct fix *f = *s;
	struct evb *b;

	do_process(f, 100, "/");
	run(f, passed(f, PH_EV_ITER_TASK_FILE_DIRECTORY_E, 7, "/d"));
	b = event(f, PH_EV_SYSCALL_PIDFD_GETFD_X, 100);
	evb_num(b, "fd", 7);
	evb_num(b, "pid_fd", 3);
	evb_num(b, "target_fd", 1);
	run(f, b);
	assert_string_equal(fd_name(f, 100, 7), "/d");
	assert_true(fd_of(f, 100, 7)->flags & PH_FDF_CLOEXEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fix_test(a_socket_has_a_kind_and_no_name),
		fix_test(connect_names_the_client),
		fix_test(a_pending_connect_counts_and_a_refused_one_does_not),
		fix_test(a_failed_connect_leaves_the_peer_of_a_connected_socket),
		fix_test(connect_on_an_unknown_descriptor_makes_it_known),
		fix_test(bind_makes_a_server),
		fix_test(bind_names_ipv6_and_unix_servers),
		fix_test(accept_names_the_client_first),
		fix_test(ipv4_over_ipv6_is_ipv4),
		fix_test(ipv6_names_have_no_brackets),
		fix_test(unix_names_have_both_addresses_and_the_path),
		fix_test(a_datagram_socket_is_renamed_with_its_peer),
		fix_test(a_datagram_server_keeps_the_client_first),
		fix_test(a_failed_send_renames_nothing),
		fix_test(an_unknown_descriptor_that_sends_is_taken_for_udp),
		fix_test(a_socketpair_has_both_ends),
		fix_test(a_socketpair_is_not_named_by_what_it_carries),
		fix_test(a_forked_server_and_its_child_are_named_apart),
		fix_test(tuples_that_are_too_short_are_ignored),
		fix_test(received_descriptors_are_known),
		fix_test(a_received_descriptor_is_what_the_record_in_front_of_the_call_says),
		fix_test(received_descriptors_without_a_path_have_their_kind),
		fix_test(received_sockets_have_their_addresses),
		fix_test(a_received_descriptor_is_in_the_table_that_threads_share),
		fix_test(a_descriptor_got_by_pidfd_is_what_the_record_says),
		fix_test(control_messages_of_32_bit_callers_are_read),
		fix_test(lying_control_messages_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
