/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's side of the board (board.h): finding its PCI device, mapping it
 * and handing files to the host through it.  Used by PID 1 and the workloads.
 */
#ifndef NETSWAP_BOARD_MAP_H
#define NETSWAP_BOARD_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "board.h"

/* PID 1 opens the device as this descriptor; every program it starts inherits it. */
#define BOARD_FD 60

/* Find the device, enable it and open it as BOARD_FD.  -1 with errno. */
int board_open(void);

/* Map the head of the board (all but the blob area); NULL with errno if it is none. */
struct board *board_map(void);

/* Copy @file to the host as blob @name: 0, or -1 with errno (ENOSPC: no room on the board). */
int board_publish(struct board *board, const char *name, const char *file);

/* Microseconds of CLOCK_MONOTONIC. */
uint64_t now_us(void);

#endif
