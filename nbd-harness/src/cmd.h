/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands of netswap: one cmd_NAME.c each, with its typed options (see
 * base/options.h).  @argv[0] is the command's name; the result is the exit
 * status of the process (base/error.h).
 */
#ifndef NETSWAP_CMD_H
#define NETSWAP_CMD_H

int cmd_campaign(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_kernel(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_shell(int argc, char **argv);

#endif
