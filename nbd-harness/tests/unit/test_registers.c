// SPDX-License-Identifier: GPL-2.0-only
/* vCPU registers from the text of QEMU 7.2's "info registers -a", recorded and damaged. */
#include "machine/registers.h"

#include <string.h>

#include "base/error.h"

/* Two vCPUs of Debian's 6.12 after a panic, but for the floating point registers. */
static const char recorded[] =
	"\r\nCPU#0\r\n"
	"RAX=0000000000000000 RBX=0000000000000000 RCX=ffffffffab001928 RDX=ffff8a5d422d8000\r\n"
	"RSI=00000000000000ff RDI=ffff8a5d4f819020 RBP=ffff8a5d4f819020 RSP=ffffcd87c0003fc0\r\n"
	"R8 =0000000000000000 R9 =0000000000000000 R10=0000000000000000 R11=ffffcd87c0003ff8\r\n"
	"R12=0000000000000000 R13=0000000000000000 R14=0000000000000000 R15=0000000000000000\r\n"
	"RIP=ffffffffaa253907 RFL=00000046 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1\r\n"
	"ES =0000 0000000000000000 00000000 00000000\r\n"
	"CS =0010 0000000000000000 ffffffff 00af9b00 DPL=0 CS64 [-RA]\r\n"
	"SS =0018 0000000000000000 ffffffff 00cf9300 DPL=0 DS   [-WA]\r\n"
	"DS =0000 0000000000000000 00000000 00000000\r\n"
	"FS =0000 0000000000000000 00000000 00000000\r\n"
	"GS =0000 ffff8a5d4f800000 00000000 00000000\r\n"
	"CR0=80050033 CR2=ffff8a5d49801000 CR3=0000000008822000 CR4=00750ef0\r\n"
	"\r\nCPU#1\r\n"
	"RAX=0000000000000001 RBX=ffff8a5d4024c8c0 RCX=0000000000000000 RDX=0000000000000000\r\n"
	"RSI=0000000000000000 RDI=0000000000000000 RBP=00007ffc2c5d7c10 RSP=00007ffc2c5d7bf8\r\n"
	"R8 =0000000000000000 R9 =0000000000000000 R10=0000000000000000 R11=0000000000000202\r\n"
	"R12=0000000000000000 R13=0000000000000000 R14=0000000000000000 R15=0000000000000000\r\n"
	"RIP=000000000040129e RFL=00000202 [-------] CPL=3 II=0 A20=1 SMM=0 HLT=0\r\n"
	"ES =0000 0000000000000000 00000000 00000000\r\n";

static void test_recorded(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) cpus = vcpu_registers_parse(recorded, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(cpus->len, ==, 2);

	const struct vcpu_registers *r = (const void *)cpus->data;

	g_assert_true(r[0].valid && r[1].valid);
	g_assert_cmpuint(r[0].cpu, ==, 0);
	g_assert_cmpuint(r[0].cpl, ==, 0);
	g_assert_cmphex(r[0].rip, ==, 0xffffffffaa253907);
	g_assert_cmphex(r[0].rsp, ==, 0xffffcd87c0003fc0);
	g_assert_cmphex(r[0].rbp, ==, 0xffff8a5d4f819020);
	g_assert_cmpuint(r[1].cpu, ==, 1);
	g_assert_cmpuint(r[1].cpl, ==, 3);
	g_assert_cmphex(r[1].rip, ==, 0x40129e);
	g_assert_cmphex(r[0].user[USER_RBP], ==, r[0].rbp);
	g_assert_cmphex(r[0].user[USER_RDX], ==, 0xffff8a5d422d8000);
	g_assert_cmphex(r[0].user[USER_R11], ==, 0xffffcd87c0003ff8);
	g_assert_cmphex(r[0].user[USER_FLAGS], ==, 0x46);
	g_assert_cmphex(r[0].user[USER_CS], ==, 0x10);
	g_assert_cmphex(r[0].user[USER_SS], ==, 0x18);
	g_assert_cmphex(r[0].user[USER_GS_BASE], ==, 0xffff8a5d4f800000);
	g_assert_cmphex(r[1].user[USER_R11], ==, 0x202);
	g_assert_cmphex(r[1].user[USER_SS], ==, 0); /* not in this text */
}

/* A vCPU that boots, or that runs a 32-bit program, has no 64-bit registers. */
static void test_32_bit(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) cpus = vcpu_registers_parse(
		"CPU#0\r\nEAX=00000000 EBX=00000000 ECX=00000000 EDX=00060fb1\r\n"
		"ESI=00000000 EDI=00000000 EBP=00000000 ESP=00000000\r\n"
		"EIP=0000fff0 EFL=00000002 [-------] CPL=0 II=0 A20=1 SMM=0 HLT=0\r\n",
		&error);

	g_assert_no_error(error);
	g_assert_cmpuint(cpus->len, ==, 1);
	g_assert_false(g_array_index(cpus, struct vcpu_registers, 0).valid);
	g_assert_cmphex(g_array_index(cpus, struct vcpu_registers, 0).rip, ==, 0);
}

static void refuse(const char *text)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(vcpu_registers_parse(text, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
}

static void test_refused(void)
{
	static const struct {
		const char *what, *by;
	} damages[] = {
		{ "CPU#0", "cpu#0" }, { "CPU#1", "CPU#2" },
		{ "CPU#1", "CPU#x" }, { "CPL=0", "CPL=4" },
		{ "CPL=0", "CPM=0" }, { "RIP=ffffffffaa253907", "RIP=ffffffffaa25390" },
		{ "RIP", "XRIP" },    { "RIP=ffffffffaa253907", "RIP=ffffffffaa2539077" },
		{ "RSP", "RPS" },     { "RBP=ffff8a5d4f819020", "RBP=ffff8a5d4f81902x" },
	};

	refuse("");
	refuse("unknown command: 'info registers'\r\n");
	refuse("CPU#");
	refuse("CPU#0");
	for (guint i = 0; i < G_N_ELEMENTS(damages); i++) {
		g_autoptr(GString) text = g_string_new(recorded);

		g_string_replace(text, damages[i].what, damages[i].by, 1);
		refuse(text->str);
	}
}

/* Text that ends anywhere is refused or means what it says; more vCPUs than we know of are. */
static void test_torn(void)
{
	g_autoptr(GString) many = g_string_new(NULL);

	for (gsize cut = 0; cut < strlen(recorded); cut++) {
		g_autofree char *exact = g_strndup(recorded, cut);
		g_autoptr(GArray) cpus = vcpu_registers_parse(exact, NULL);

		g_assert_true(!cpus || cpus->len <= 2);
		if (cut < (gsize)(strstr(recorded, "RIP=") - recorded))
			g_assert_null(cpus);
	}
	for (guint i = 0; i <= VCPUS_MAX; i++)
		g_string_append_printf(many, "CPU#%u\r\nEIP=00000000 CPL=0 \r\n", i);
	refuse(many->str);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/registers/recorded", test_recorded);
	g_test_add_func("/registers/32-bit", test_32_bit);
	g_test_add_func("/registers/refused", test_refused);
	g_test_add_func("/registers/torn", test_torn);
	return g_test_run();
}
