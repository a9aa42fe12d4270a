' Starts Lanspread without a console window.
Option Explicit
Dim files, shell, here, pointer, version, node, arguments, argument
Set files = CreateObject("Scripting.FileSystemObject")
Set shell = CreateObject("WScript.Shell")
here = files.GetParentFolderName(WScript.ScriptFullName)
For Each argument In WScript.Arguments
  arguments = arguments & " """ & argument & """"
Next
Set pointer = files.OpenTextFile(here & "\current")
Do Until pointer.AtEndOfStream
  version = pointer.ReadLine
  node = here & "\versions\" & version & "\@NODE@"
  If files.FileExists(node) Then
    WScript.Quit shell.Run("""" & node & """ """ & here & "\boot\boot.mjs""" & arguments, 0, True)
  End If
Loop
MsgBox "Lanspread is not complete in " & here & ". Install it again.", vbCritical
WScript.Quit 1
